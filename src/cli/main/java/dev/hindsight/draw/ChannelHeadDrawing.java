package dev.hindsight.draw;

import dev.hindsight.backend.Degrees;
import dev.hindsight.model.ChannelHead;
import dev.hindsight.model.ModelConfig;

/// The head over the channels of a pixel: which channel's units read which values, and the weights
/// of its two layers.
record ChannelHeadDrawing(ChannelHead head, ModelConfig config) {
  static final String[] NAMES = {"R", "G", "B"};
  private static final int SHOWN = 1; // the channel whose inputs are lit
  private static final double MASK = 190;

  Svg draw() {
    Svg svg = new Svg(880, 350);
    int channels = config.shape().channels();
    svg.text(16, y(0) + 4, "s", "values of this pixel")
        .text(16, y(1) + 4, "s", "hidden units")
        .text(16, y(2) + 4, "s", "outputs");
    for (int c = 0; c < channels; c++) {
      svg.line(x(c) + 48, y(1) + 24, x(c) + 17, y(1) + 7, "arrow");
    }
    new LayerGraph(new int[] {channels, channels, channels}, this::exists, SHOWN)
        .paint(
            (l, from, to, look) -> svg.line(x(from), y(l), x(to), y(l + 1), look),
            (l, channel, lit) -> unit(svg, l, channel, lit));
    int units = degrees(0).outputs() / channels;
    svg.text(
        16,
        300,
        "s",
        "arrows: features of the pixels before, %d for each channel".formatted(units));
    mask(svg, 470, 0, "to hidden units: %d x %d");
    mask(svg, 678, 1, "to outputs: %d x %d");
    return svg.legend(
        16,
        328,
        "seen leads to green's outputs; weights that exist",
        "later weights that do not",
        "self outputs of green");
  }

  private void unit(Svg svg, int layer, int channel, boolean lit) {
    boolean self = layer == 2 && lit;
    svg.circle(x(channel), y(layer), 14, self ? "self" : lit ? "seen" : "box");
    svg.text(x(channel), y(layer) + 4, lit ? "on" : "s m", NAMES[channel]);
  }

  private Degrees degrees(int layer) {
    return head.masks().get(layer).degrees();
  }

  /// Whether units of a channel of one layer lead to those of a channel of the next.
  private boolean exists(int layer, int from, int to) {
    Degrees degrees = degrees(layer);
    int channels = config.shape().channels();
    return degrees.exists(to * degrees.outputs() / channels, from * degrees.inputs() / channels);
  }

  private void mask(Svg svg, double x, int layer, String label) {
    Degrees degrees = degrees(layer);
    int rows = degrees.outputs();
    int columns = degrees.inputs();
    double across = MASK / columns;
    double down = MASK / rows;
    svg.text(x, 62, "", label.formatted(rows, columns));
    svg.cells(
        x,
        76,
        across,
        down,
        "class=\"mask\" data-layer=\"%d\"".formatted(layer),
        rows,
        columns,
        (o, i) -> degrees.exists(o, i) ? "seen" : "later");
    int channels = config.shape().channels();
    svg.frames(x, 76, MASK, MASK, MASK / channels, MASK / channels);
  }

  private static double x(int channel) {
    return 176 + channel * 96;
  }

  private static double y(int layer) {
    return 250 - layer * 80;
  }
}
