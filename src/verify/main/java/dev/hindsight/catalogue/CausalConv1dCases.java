package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.Arrays;
import java.util.stream.Stream;

/// Causal dilated convolutions over sequences.
final class CausalConv1dCases implements Cases {
  /// Images, length, inputs, outputs, width, dilation: a single position, sequences that end before
  /// the first tap reaches them, lengths and channels one off each side of a tile, primes.
  private static final int[][] SHAPES = {
    {1, 1, 1, 1, 1, 1},
    {2, 1, 3, 5, 2, 1},
    {1, 7, 5, 3, 1, 4},
    {3, 5, 2, 7, 2, 8},
    {2, 31, 3, 32, 2, 1},
    {1, 65, 16, 20, 2, 64},
    {3, 13, 17, 31, 3, 5},
    {1, 67, 33, 64, 2, 16},
    {2, 37, 32, 65, 3, 2},
    {5, 29, 64, 12, 2, 28},
    {1, 9, 5, 7, 3, 5}, // the nearer of two taps reaches the sequence, the farther does not
    {1, 300, 3, 5, 2, 7}, // sums so long that a GPU cuts them: of dw, of y, of dx
    {1, 3, 140, 9, 2, 1},
    {1, 3, 9, 140, 2, 1},
  };

  @Override
  public Stream<OpCase> all() {
    return Stream.concat(
        Arrays.stream(SHAPES).map(s -> conv(s[0], s[1], s[2], s[3], s[4], s[5])),
        Stream.of(convWithout("b dx"), convWithout("b dw"), convWithout("dw db")));
  }

  /// Long enough for pairs of positions to be filtered: one tile and several, the last of them cut
  /// everywhere; positions at the end without a partner, and with.
  @Override
  public Stream<OpCase> manyRows() {
    return Stream.of(
        conv(2, 150, 96, 99, 2, 1),
        conv(1, 611, 98, 96, 2, 1),
        conv(3, 149, 97, 96, 2, 7),
        conv(1, 649, 96, 97, 2, 29),
        conv(2, 200, 99, 96, 2, 64),
        conv(1, 385, 96, 96, 2, 97),
        conv(1, 784, 96, 98, 2, 256), // one tile
        conv(1, 771, 96, 96, 2, 256));
  }

  @Override
  public Stream<OpCase> largeTiles() {
    return Stream.of(
        conv(2, 67, 72, 136, 2, 16),
        conv(1, 131, 136, 72, 3, 5),
        conv(27, 5, 72, 72, 2, 3), // sequences shorter than a step
        conv(1, 712, 72, 72, 2, 256));
  }

  @Override
  public Stream<OpCase> tallTiles() {
    return Stream.of(conv(2, 197, 72, 136, 3, 5));
  }

  @Override
  public Stream<OpCase> halvedTiles() {
    return Stream.of(conv(1, 641, 24, 264, 2, 600));
  }

  /// One image of a WaveNet block of the reference preset.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(conv(1, 784, 320, 640, 2, 1), conv(1, 784, 320, 640, 2, 256));
  }

  /// Multiply-adds of a convolution for each pair of channels.
  static long seen(int n, int t, int width, int dilation) {
    long seen = 0;
    for (int tap = 0; tap < width; tap++) {
      seen += Math.max(0, t - (long) tap * dilation);
    }
    return n * seen;
  }

  private static OpCase conv(int n, int t, int i, int o, int width, int dilation) {
    return builder("", n, t, i, o, width, dilation).build();
  }

  private static OpCase convWithout(String names) {
    return builder(" without " + names, 2, 11, 6, 10, 2, 4).without(names).build();
  }

  private static CaseBuilder builder(
      String note, int n, int t, int i, int o, int width, int dilation) {
    long flops = 2 * seen(n, t, width, dilation) * i * o;
    String size = "%dx%dx%dx%d width %d dilation %d".formatted(n, t, i, o, width, dilation);
    return new CaseBuilder("causalConv1d", size + note)
        .reduction(Math.max((long) n * t, (long) width * Math.max(i, o)))
        .in("x", 1, n, t, i)
        .weight("w", 1 / Math.sqrt((double) width * i), width, o, i)
        .inFp32("b", 0.5, o)
        .out("y", n, t, o)
        .gradients("y", "x", "w", "b")
        .forward(flops, call("causalConv1d.forward", "x w b", dilation, "y"))
        .backward(2 * flops, call("causalConv1d.backward", "x w", dilation, "dy dx dw db"))
        .backwardTouches("x", "w", "dy");
  }
}
