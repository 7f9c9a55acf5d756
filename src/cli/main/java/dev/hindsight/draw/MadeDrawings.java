package dev.hindsight.draw;

import dev.hindsight.backend.Degrees;
import dev.hindsight.draw.Tiling.Tile;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.Made;
import dev.hindsight.nn.MaskedLinear;
import java.util.List;
import java.util.Locale;

/// MADE: degrees, the staircases that sorting makes of its masks, what its sampler keeps.
final class MadeDrawings {
  /// Rows and columns of the tiles of `masked_linear.cu`.
  static final int TILE = 64;

  private static final double SCALE = 0.21;
  private static final int HALF = ImageShape.MNIST.pixels() / 2;

  private final List<MaskedLinear> layers;
  private final Made made;

  MadeDrawings(Made made) {
    this.made = made;
    this.layers = made.layers();
  }

  Chapter chapter() {
    return new Chapter(
        made.config().name(),
        "MADE: weights that do not exist",
        "Every unit carries a number, its degree: the last pixel it may know about. A weight exists"
            + " only where it leads from a lower degree to one that is allowed to hear it, so no"
            + " path runs from a pixel to its own prediction or an earlier one.",
        List.of(
            MadeNetwork.draw(),
            staircase(),
            sampler(),
            SightDrawing.of(
                made,
                "MADE",
                "Every earlier pixel has a path to the prediction wherever a hidden unit of each"
                    + " layer has a fitting degree. Where degrees leave gaps, the latest pixels are"
                    + " missed.")));
  }

  private Drawing staircase() {
    int tallest = layers.stream().mapToInt(layer -> layer.degrees().outputs()).max().orElseThrow();
    double across = layers.stream().mapToDouble(layer -> layer.degrees().inputs()).sum() * SCALE;
    int height = (int) (tallest * SCALE) + 112;
    Svg svg =
        new Svg(
            Math.max(560, (int) across + 16 * (layers.size() + 1)),
            height,
            "MADE: which weights exist, and what is done with the tiles");
    double x = 16;
    for (int l = 0; l < layers.size(); l++) {
      Degrees degrees = layers.get(l).degrees();
      Tiling tiling = tiling(degrees);
      svg.text(x, 48, "s", "%d x %d".formatted(degrees.outputs(), degrees.inputs()));
      svg.text(
          x,
          62,
          "s",
          String.format(
              Locale.ROOT,
              "%.0f %% exists, %.0f %% skipped",
              100 * tiling.exists(),
              100 * tiling.share(Tile.SKIPPED)));
      tiling.draw(svg, x, 70, SCALE, "class=\"tiles\" data-layer=\"%d\"".formatted(l));
      x += degrees.inputs() * SCALE + 16;
    }
    svg.legend(
        16,
        height - 14,
        "whole",
        "tile computed",
        "cut",
        "computed, weights compared",
        "skipped",
        "never touched");
    return new Drawing(
        "made-staircase",
        svg,
        "A row is a unit, a column one of its inputs; left of the line the weight exists.",
        "Sorted by degree, the mask of every layer is a staircase. So a kernel needs one number a"
            + " row instead of a mask, and the tiles right of the stairs are work that is never"
            + " done.",
        "Sorting only renames hidden units; the function stays the same.");
  }

  static Tiling tiling(Degrees degrees) {
    return new Tiling(degrees.outputs(), degrees.inputs(), TILE, TILE, degrees::live);
  }

  private Drawing sampler() {
    List<MaskedLinear> hidden = layers.subList(0, layers.size() - 1);
    Svg svg =
        new Svg(720, 110 + 34 * hidden.size(), "MADE: what is final once 392 pixels are known");
    bar(svg, 60, "pixels", ImageShape.MNIST.pixels(), HALF);
    for (int l = 0; l < hidden.size(); l++) {
      Degrees degrees = hidden.get(l).degrees();
      int known = 0;
      while (known < degrees.outputs() && degrees.out(known) <= HALF) {
        known++;
      }
      bar(svg, 94 + 34 * l, "hidden layer %d".formatted(l + 1), degrees.outputs(), known);
    }
    svg.legend(16, 96 + 34 * hidden.size(), "seen", "computed, once and for all", "later", "waits");
    return new Drawing(
        "made-sampler",
        svg,
        "A hidden unit of degree d needs pixels up to d and nothing more, so it is computed once,"
            + " when pixel d is drawn, and kept.",
        "All 784 pixels together cost one pass through the network instead of 784.");
  }

  private static void bar(Svg svg, double y, String words, int units, int known) {
    double width = 480;
    double done = width * known / units;
    svg.text(16, y + 4, "", words);
    svg.rect(140, y - 10, done, 20, "seen").rect(140 + done, y - 10, width - done, 20, "later");
    svg.text(630, y + 4, "s", "%d of %d".formatted(known, units));
  }
}
