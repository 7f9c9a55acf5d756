package dev.hindsight.draw;

import dev.hindsight.backend.Mixture;
import dev.hindsight.model.Head;

/// The outputs of a pixel whose channels share one mixture, and which of them the distribution of
/// each channel follows from, when the channels before it are known.
record MixtureDrawing(Mixture mixture) {
  private static final double LEFT = 80;
  private static final double WIDTH = 784;
  private static final double TOP = 96;
  private static final double ROW = 34;

  MixtureDrawing(Head.Group group, int components) {
    this(new Mixture(components, group.channels(), group.levels()));
  }

  Svg draw() {
    Svg svg = new Svg(880, 300);
    int channels = mixture.channels();
    double cell = WIDTH / mixture.outputs();
    double part = cell * mixture.components();
    String sizes =
        "%d outputs of a pixel: %d components, each with"
            .formatted(mixture.outputs(), mixture.components());
    svg.text(LEFT, 54, "s", sizes);
    label(svg, 0, part, "weight");
    for (int c = 0; c < channels; c++) {
      String name = ChannelHeadDrawing.NAMES[c];
      label(svg, mixture.mean(c), part, "mean of " + name);
      label(svg, mixture.logScale(c), part, "scale of " + name);
      for (int before = 0; before < c; before++) {
        String moves = "%s moves %s".formatted(ChannelHeadDrawing.NAMES[before], name);
        label(svg, mixture.coefficient(c, before), part, moves);
      }
      svg.text(LEFT - 16, TOP + (c + 0.5) * ROW + 4, "e", name + " by");
    }
    svg.cells(
        LEFT,
        TOP,
        cell,
        ROW,
        "class=\"outputs\"",
        channels,
        mixture.outputs(),
        (channel, output) -> look(channel, output / mixture.components()));
    svg.frames(LEFT, TOP, WIDTH, channels * ROW, part, ROW);
    double below = TOP + channels * ROW;
    svg.text(LEFT, below + 28, "", "green lies around: mean of G + tanh(R moves G) x R");
    String blue = "blue lies around: mean of B + tanh(R moves B) x R + tanh(G moves B) x G";
    svg.text(LEFT, below + 50, "", blue);
    return svg.legend(
        LEFT,
        below + 84,
        "seen by its own curves",
        "cut through the component, which channels before make likely",
        "later not at all");
  }

  private void label(Svg svg, int output, double part, String label) {
    double middle = LEFT + output * part / mixture.components() + part / 2;
    String[] words = label.split(" ", 2);
    svg.text(middle, TOP - 22, "s m", words[0]);
    svg.text(middle, TOP - 8, "s m", words.length == 1 ? "" : words[1]);
  }

  /// @param part which K outputs
  private String look(int channel, int part) {
    if (part == 0) {
      return "seen";
    }
    int channels = mixture.channels();
    int of = part <= 2 * channels ? (part - 1) % channels : movedBy(part);
    return of == channel ? "seen" : of < channel ? "cut" : "later";
  }

  /// Which channel's means coefficients move.
  private int movedBy(int part) {
    int channel = 1;
    while (mixture.coefficient(channel + 1, 0) <= part * mixture.components()) {
      channel++;
    }
    return channel;
  }
}
