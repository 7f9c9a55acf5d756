package dev.hindsight.draw;

import static dev.hindsight.draw.SamplerMemory.part;

import dev.hindsight.backend.Degrees;
import dev.hindsight.draw.Tiling.Tile;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.Made;
import dev.hindsight.nn.MaskedLinear;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// MADE: a small network, the staircases of the masks, what its sampler keeps.
record MadeDrawings(Made made) {
  /// Rows and columns of the tiles of `masked_linear.cu`.
  static final int TILE = 64;

  private static final double LARGEST_SCALE = 0.21;
  private static final double WIDEST = 812; // of all layers
  private static final double TALLEST = 500;

  Map<String, Svg> pictures() {
    return Map.of(
        "made-network",
        MadeNetwork.draw(),
        "made-staircase",
        staircase(),
        "made-sampler",
        memory());
  }

  private Svg staircase() {
    List<MaskedLinear> layers = made.layers();
    int tallest = layers.stream().mapToInt(layer -> layer.degrees().outputs()).max().orElseThrow();
    double inputs = layers.stream().mapToDouble(layer -> layer.degrees().inputs()).sum();
    double across = Math.min(LARGEST_SCALE, WIDEST / inputs);
    double down = Math.min(across, TALLEST / tallest);
    int height = (int) (tallest * down) + 112;
    Svg svg = new Svg(Math.max(560, (int) (inputs * across) + 16 * (layers.size() + 1)), height);
    double x = 16;
    for (int l = 0; l < layers.size(); l++) {
      Degrees degrees = layers.get(l).degrees();
      Tiling tiling = tiling(degrees);
      String shares =
          String.format(
              Locale.ROOT,
              "%.0f %% exist, %.0f %% skipped",
              100 * tiling.exists(),
              100 * tiling.share(Tile.SKIPPED));
      svg.text(x, 48, "s", "%d x %d".formatted(degrees.outputs(), degrees.inputs()));
      svg.text(x, 62, "s", shares);
      tiling.draw(svg, x, 70, across, down, "class=\"tiles\" data-layer=\"%d\"".formatted(l));
      x += degrees.inputs() * across + 16;
    }
    return svg.legend(
        16,
        height - 14,
        "whole tile computed",
        "cut computed, weights compared",
        "skipped skipped");
  }

  static Tiling tiling(Degrees degrees) {
    return new Tiling(degrees.outputs(), degrees.inputs(), TILE, TILE, degrees::live);
  }

  private Svg memory() {
    SamplerMemory memory = new SamplerMemory();
    ImageShape shape = made.shape();
    int half = shape.pixels() / 2 * shape.channels();
    bar(memory, shape.channels() == 1 ? "pixels" : "values of pixels", shape.values(), half);
    for (int l = 0; l + 1 < made.layers().size(); l++) {
      Degrees degrees = made.layers().get(l).degrees();
      int known = 0;
      while (known < degrees.outputs() && degrees.out(known) <= half) {
        known++;
      }
      bar(memory, "hidden layer %d".formatted(l + 1), degrees.outputs(), known);
    }
    return memory.draw("", "seen computed and kept", "later not yet computed");
  }

  private static void bar(SamplerMemory memory, String layer, int units, int known) {
    double done = 600.0 * known / units;
    String label = "%s: %d of %d".formatted(layer, known, units);
    memory.row(label, part("seen", done), part("later", 600 - done));
  }
}
