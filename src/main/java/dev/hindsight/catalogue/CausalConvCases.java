package dev.hindsight.catalogue;

import java.util.Arrays;
import java.util.stream.Stream;

/// Causal dilated convolutions over sequences, and WaveNet's residual block made of one.
final class CausalConvCases {
  private CausalConvCases() {}

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
  };

  static Stream<OpCase> causalConv1d() {
    return Arrays.stream(SHAPES).map(s -> conv(s[0], s[1], s[2], s[3], s[4], s[5]));
  }

  /// Images, length, channels, width, dilation.
  private static final int[][] BLOCKS = {
    {1, 1, 1, 1, 1},
    {2, 1, 3, 2, 1},
    {1, 7, 5, 1, 4},
    {3, 5, 2, 2, 8},
    {3, 13, 8, 2, 4},
    {2, 31, 17, 2, 16},
    {1, 67, 33, 2, 64},
    {2, 20, 32, 3, 3},
    {1, 65, 34, 2, 8},
  };

  static Stream<OpCase> residualBlock() {
    return Arrays.stream(BLOCKS).map(s -> block(s[0], s[1], s[2], s[3], s[4]));
  }

  /// One image of a WaveNet block of the seed preset.
  static Stream<OpCase> seedSizes() {
    return Stream.of(
        conv(1, 784, 320, 640, 2, 1), conv(1, 784, 320, 640, 2, 256), block(1, 784, 320, 2, 256));
  }

  /// Multiply-adds of a convolution for each pair of channels.
  private static long seen(int n, int t, int width, int dilation) {
    long seen = 0;
    for (int tap = 0; tap < width; tap++) {
      seen += Math.max(0, t - (long) tap * dilation);
    }
    return n * seen;
  }

  private static OpCase block(int n, int t, int c, int width, int dilation) {
    long flops = 2 * (seen(n, t, width, dilation) * 2 * c * c + (long) n * t * c * c);
    return new CaseBuilder(
            "residualBlock", "%dx%dx%d width %d dilation %d".formatted(n, t, c, width, dilation))
        .reduction(Math.max((long) n * t, 2L * width * c))
        .in("x", 1, n, t, c)
        .in("w", 1 / Math.sqrt((double) width * c), width, 2 * c, c)
        .in("b", 0.5, 2 * c)
        .in("v", 1 / Math.sqrt(c), c, c)
        .in("c", 0.5, c)
        .out("ts", n, t, 2 * c)
        .out("g", n, t, c)
        .out("y", n, t, c)
        .cotangent("y")
        .gradient("x", "y")
        .gradient("w", "y")
        .gradient("b", "y")
        .gradient("v", "y")
        .gradient("c", "y")
        .forward(
            flops,
            (b, m) ->
                b.convolution()
                    .residualBlock(
                        m.apply("x"),
                        m.apply("w"),
                        m.apply("b"),
                        dilation,
                        m.apply("v"),
                        m.apply("c"),
                        m.apply("ts"),
                        m.apply("g"),
                        m.apply("y")))
        .backward(
            2 * flops,
            (b, m) ->
                b.convolution()
                    .residualBlockBackward(
                        m.apply("x"),
                        m.apply("w"),
                        dilation,
                        m.apply("v"),
                        m.apply("ts"),
                        m.apply("g"),
                        m.apply("dy"),
                        m.apply("dx"),
                        m.apply("dw"),
                        m.apply("db"),
                        m.apply("dv"),
                        m.apply("dc")))
        .build();
  }

  private static OpCase conv(int n, int t, int i, int o, int width, int dilation) {
    long flops = 2 * seen(n, t, width, dilation) * i * o;
    return new CaseBuilder(
            "causalConv1d",
            "%dx%dx%dx%d width %d dilation %d".formatted(n, t, i, o, width, dilation))
        .reduction(Math.max((long) n * t, (long) width * Math.max(i, o)))
        .in("x", 1, n, t, i)
        .in("w", 1 / Math.sqrt((double) width * i), width, o, i)
        .in("b", 0.5, o)
        .out("y", n, t, o)
        .cotangent("y")
        .gradient("x", "y")
        .gradient("w", "y")
        .gradient("b", "y")
        .forward(
            flops,
            (b, m) ->
                b.convolution()
                    .causalConv1d(m.apply("x"), m.apply("w"), m.apply("b"), dilation, m.apply("y")))
        .backward(
            2 * flops,
            (b, m) ->
                b.convolution()
                    .causalConv1dBackward(
                        m.apply("x"),
                        m.apply("w"),
                        dilation,
                        m.apply("dy"),
                        m.apply("dx"),
                        m.apply("dw"),
                        m.apply("db")))
        .build();
  }
}
