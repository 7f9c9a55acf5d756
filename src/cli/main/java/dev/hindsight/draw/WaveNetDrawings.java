package dev.hindsight.draw;

import static dev.hindsight.draw.SamplerMemory.part;

import dev.hindsight.model.wavenet.WaveNet;
import dev.hindsight.nn.CausalConv1d;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// WaveNet: its dilations, its block, the queues of its sampler.
record WaveNetDrawings(WaveNet net) {
  private static final int MOST_LAYERS = 5;
  private static final int POSITIONS = 13; // from the first pixel on

  Map<String, Svg> pictures() {
    return Map.of(
        "wavenet-dilations",
        dilations(),
        "wavenet-strided",
        DilatedAndStrided.draw(),
        "wavenet-block",
        block(),
        "wavenet-sampler",
        queues());
  }

  /// Unit `POSITIONS + p` is position p; those before it are padding.
  private Svg dilations() {
    List<CausalConv1d> convolutions =
        Stream.concat(Stream.of(net.first()), net.blocks().stream().map(WaveNet.Block::dilated))
            .limit(MOST_LAYERS)
            .toList();
    int layers = convolutions.size();
    Svg svg = new Svg(880, 190 + layers * 56);
    int[] sizes = new int[layers + 1];
    Arrays.fill(sizes, 2 * POSITIONS);
    new LayerGraph(
            sizes,
            (l, from, to) ->
                to >= POSITIONS && (from == to || from == to - convolutions.get(l).dilation()),
            2 * POSITIONS - 1)
        .paint(
            (l, from, to, look) -> {
              if (from >= POSITIONS || look.equals("hot")) {
                svg.line(x(from), y(l, layers), x(to), y(l + 1, layers), look);
              }
            },
            (l, k, lit) -> unit(svg, l, layers, k, lit));
    svg.text(16, y(0, layers) + 4, "s", "input: the pixel before");
    svg.text(16, y(1, layers) + 4, "s", "first layer");
    for (int l = 2; l <= layers; l++) {
      int dilation = convolutions.get(l - 1).dilation();
      svg.text(16, y(l, layers) + 4, "s", "block %d, dilation %d".formatted(l - 1, dilation));
    }
    double below = y(0, layers) + 26;
    for (int p = 0; p < POSITIONS; p++) {
      svg.text(x(POSITIONS + p), below, "s m", p == 0 ? "0" : "x" + (p - 1));
    }
    receptiveField(svg, below + 40);
    return svg;
  }

  private static void unit(Svg svg, int layer, int layers, int k, boolean lit) {
    double x = x(k);
    double y = y(layer, layers);
    if (k < POSITIONS ? lit : layer == 0 && k == POSITIONS) { // nothing comes before pixel 0
      svg.rect(x - 7, y - 7, 14, 14, "zero");
    } else if (k >= POSITIONS) {
      svg.circle(x, y, 8, layer == layers && lit ? "self" : lit ? "seen" : "box");
    }
  }

  private static double x(int unit) {
    return 330 + (unit - POSITIONS) * 40;
  }

  private static double y(int layer, int layers) {
    return 80 + (layers - layer) * 56;
  }

  /// That of the last pixel on the whole line.
  private void receptiveField(Svg svg, double y) {
    int pixels = net.shape().pixels();
    double pixel = 700.0 / pixels;
    int seen = Math.min(net.config().receptiveField(), pixels - 1);
    svg.text(16, y + 10, "s", "the last pixel sees");
    svg.rect(140, y, 700, 13, "later");
    svg.rect(140 + pixel * (pixels - 1 - seen), y, pixel * seen, 13, "seen");
    svg.rect(140 + pixel * (pixels - 1), y, pixel, 13, "self");
    String label =
        "%d of the %d pixels before it; %d blocks".formatted(seen, pixels - 1, net.blocks().size());
    svg.text(140, y + 30, "s", label);
  }

  private Svg block() {
    int c = net.config().residualChannels();
    Svg svg = new Svg(880, 250);
    svg.text(16, 126, "", "x").text(16, 144, "s", c + " channels");
    svg.line(90, 122, 138, 122, "arrow");
    svg.box(140, 96, 150, 52, "dilated convolution");
    svg.text(215, 164, "s m", "2 taps, %d to %d channels".formatted(c, 2 * c));
    svg.path("M290 122h30v-34h38", "arrow").path("M320 122v34h38", "arrow");
    svg.box(360, 70, 70, 36, "tanh").box(360, 138, 70, 36, "sigmoid");
    svg.path("M430 88h40v24", "arrow").path("M430 156h40v-24", "arrow");
    svg.circle(470, 122, 10, "box").text(470, 127, "m", "x");
    svg.line(480, 122, 538, 122, "arrow");
    svg.box(540, 96, 130, 52, "1 x 1");
    svg.text(605, 164, "s m", "%d to %d channels".formatted(c, c));
    svg.line(670, 122, 728, 122, "arrow");
    svg.circle(740, 122, 10, "box").text(740, 127, "m", "+");
    svg.path("M110 122v-72h630v60", "arrow");
    svg.text(425, 44, "s m", "residual connection");
    svg.line(750, 122, 808, 122, "arrow").text(816, 126, "", "next");
    int blocks = net.blocks().size();
    String note = "%d such blocks, then one 1 x 1 convolution to the prediction".formatted(blocks);
    return svg.text(16, 226, "s", note);
  }

  private Svg queues() {
    List<WaveNet.Block> blocks = net.blocks();
    int longest = blocks.stream().mapToInt(block -> block.dilated().dilation()).max().orElseThrow();
    double cell = Math.min(14, 600.0 / longest);
    int half = net.shape().pixels() / 2;
    SamplerMemory memory = new SamplerMemory();
    for (int l = 0; l < blocks.size(); l++) {
      int dilation = blocks.get(l).dilated().dilation();
      int at = half % dilation;
      memory.row(
          "block %d: the last %d inputs".formatted(l + 1, dilation),
          part("seen", at * cell),
          part("self", Math.max(2, cell)),
          part("seen", (dilation - 1 - at) * cell));
    }
    String now = "read and replaced at pixel %d".formatted(half);
    return memory.draw("", "seen kept", "self " + now);
  }
}
