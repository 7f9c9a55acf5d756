package dev.hindsight.draw;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.wavenet.WaveNet;
import dev.hindsight.nn.CausalConv1d;
import java.util.ArrayList;
import java.util.List;

/// WaveNet: its tree of dilations, its block, its queues.
final class WaveNetDrawings {
  private static final int MOST_ROWS = 5; // of layers in the tree
  private static final int PLACES = 13; // from the first pixel on
  private static final double STEP = 40;
  private static final int HALF = ImageShape.MNIST.pixels() / 2;

  private final WaveNet net;
  private final int field;

  WaveNetDrawings(WaveNet net) {
    this.net = net;
    this.field = net.config().receptiveField();
  }

  Chapter chapter() {
    return new Chapter(
        net.config().name(),
        "WaveNet: convolutions that reach back",
        "The image is read as a line of 784 pixels. Each layer adds what it holds now to what it"
            + " held some places ago, and that distance doubles. No weight is masked: zeros before"
            + " the start of the line are all it takes.",
        List.of(
            tree(),
            DilatedAndStrided.draw(),
            block(),
            queues(),
            SightDrawing.of(
                net,
                "WaveNet",
                "A prediction sees the %d pixels before it in reading order, and nothing that is"
                        .formatted(field)
                    + " further back, wherever on the image that is.")));
  }

  /// The convolutions from the input up, as many as are shown.
  private List<CausalConv1d> shown() {
    List<CausalConv1d> all = new ArrayList<>();
    all.add(net.first());
    net.blocks().stream().limit(MOST_ROWS - 1).forEach(block -> all.add(block.dilated()));
    return all;
  }

  private static double x(int place) {
    return 330 + place * STEP;
  }

  private static double y(int layer, int layers) {
    return 80 + (layers - layer) * 56;
  }

  private Drawing tree() {
    List<CausalConv1d> convs = shown();
    int layers = convs.size();
    Svg svg =
        new Svg(880, 80 + layers * 56 + 110, "WaveNet: what the prediction of pixel 12 is made of");
    boolean[][] lit = lit(convs); // by layer and place, from -PLACES on
    for (int l = 0; l < layers; l++) {
      int dilation = convs.get(l).dilation();
      for (int place = 0; place < PLACES; place++) {
        boolean hot = lit[l + 1][place + PLACES];
        edge(svg, l, layers, place, place, hot);
        if (hot || place - dilation >= 0) {
          edge(svg, l, layers, place - dilation, place, hot);
        }
      }
    }
    for (int l = 0; l <= layers; l++) {
      for (int place = -PLACES; place < PLACES; place++) {
        node(svg, l, layers, place, lit[l][place + PLACES]);
      }
      String words =
          l == 0
              ? "what is read: the pixel before"
              : l == 1
                  ? "first layer"
                  : "block %d, dilation %d".formatted(l - 1, convs.get(l - 1).dilation());
      svg.text(16, y(l, layers) + 4, "s", words);
    }
    double below = y(0, layers) + 26;
    for (int place = 0; place < PLACES; place++) {
      svg.text(x(place), below, "s m", place == 0 ? "0" : "x" + (place - 1));
    }
    field(svg, below + 40);
    return new Drawing(
        "wavenet-dilations",
        svg,
        "Every node adds the node below it and one further left, by 1, 1, 2, 4, 8, ... places. Blue"
            + " is all that reaches the prediction of pixel 12.",
        "Place 12 reads pixel 11: the line is moved by one, so that no place reads its own pixel."
            + " That zero at the start, and the dashed zeros that the branches meet left of it,"
            + " are the whole trick.",
        "All %d blocks together see %d pixels back.".formatted(net.blocks().size(), field));
  }

  private static void edge(Svg svg, int below, int layers, int from, int to, boolean hot) {
    svg.line(x(from), y(below, layers), x(to), y(below + 1, layers), hot ? "hot" : "cold");
  }

  private static void node(Svg svg, int layer, int layers, int place, boolean lit) {
    if (place >= 0) {
      boolean top = layer == layers && place == PLACES - 1;
      String look = top ? "self" : lit ? "seen" : "box";
      if (layer == 0 && place == 0) {
        svg.rect(x(0) - 8, y(0, layers) - 8, 16, 16, "zero"); // nothing comes before pixel 0
      } else {
        svg.circle(x(place), y(layer, layers), 8, look);
      }
    } else if (lit) {
      svg.rect(x(place) - 7, y(layer, layers) - 7, 14, 14, "zero");
    }
  }

  private static boolean[][] lit(List<CausalConv1d> convs) {
    boolean[][] lit = new boolean[convs.size() + 1][2 * PLACES];
    lit[convs.size()][2 * PLACES - 1] = true;
    for (int l = convs.size() - 1; l >= 0; l--) {
      for (int at = 0; at < 2 * PLACES; at++) {
        if (lit[l + 1][at] && at >= PLACES) { // a zero has nothing below
          lit[l][at] = true;
          lit[l][at - convs.get(l).dilation()] = true;
        }
      }
    }
    return lit;
  }

  /// The receptive field of the last pixel on the whole line.
  private void field(Svg svg, double y) {
    double width = 700;
    double pixels = ImageShape.MNIST.pixels();
    int seen = Math.min(field, ImageShape.MNIST.pixels() - 1);
    svg.text(16, y + 10, "s", "the last pixel sees");
    svg.rect(140, y, width, 13, "later");
    svg.rect(140 + width * (pixels - 1 - seen) / pixels, y, width * seen / pixels, 13, "seen");
    svg.rect(140 + width * (pixels - 1) / pixels, y, width / pixels, 13, "self");
    svg.text(
        140,
        y + 30,
        "s",
        "%d of the 783 pixels before it; the bar is all of the line".formatted(seen));
  }

  private Drawing block() {
    int c = net.config().residualChannels();
    Svg svg = new Svg(880, 250, "WaveNet: a residual block");
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
    svg.text(425, 44, "s m", "residual: what came in goes on unchanged");
    svg.line(750, 122, 808, 122, "arrow");
    svg.text(816, 126, "", "next");
    svg.text(
        16,
        226,
        "s",
        "%d such blocks, then one 1 x 1 convolution to a logit".formatted(net.blocks().size()));
    return new Drawing(
        "wavenet-block",
        svg,
        "Half of the convolution proposes something, the other half says how much of it gets"
            + " through: tanh times sigmoid.",
        "The block adds its result to what it was given, so a deep stack starts as little more than"
            + " a wire and learns from there.");
  }

  private Drawing queues() {
    List<WaveNet.Block> blocks = net.blocks();
    int longest = blocks.stream().mapToInt(block -> block.dilated().dilation()).max().orElseThrow();
    double cell = Math.min(14, 560.0 / longest);
    Svg svg = new Svg(880, 96 + 24 * blocks.size(), "WaveNet: the queues of its sampler");
    for (int l = 0; l < blocks.size(); l++) {
      int dilation = blocks.get(l).dilated().dilation();
      double y = 50 + 24 * l;
      svg.text(16, y + 12, "s", "block %d: the last %d inputs".formatted(l + 1, dilation));
      svg.rect(200, y, dilation * cell, 15, "seen");
      svg.rect(200 + HALF % dilation * cell, y - 2, Math.max(3, cell), 19, "self");
    }
    svg.legend(
        200, 78 + 24 * blocks.size(), "seen", "kept", "self", "read and replaced at pixel 392");
    return new Drawing(
        "wavenet-sampler",
        svg,
        "To draw a pixel, each block needs its input of now and the one of a dilation ago. So it"
            + " keeps a queue as long as its dilation: the oldest entry is read, and its place"
            + " taken by the newest.",
        "A pixel then costs one column of the tree, not all of it.");
  }
}
