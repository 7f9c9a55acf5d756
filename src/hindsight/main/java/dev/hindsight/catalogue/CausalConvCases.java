package dev.hindsight.catalogue;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Causal dilated convolutions over sequences, and WaveNet's residual block made of one: fused, and
/// as the composition of plain ops that the fused one has to equal and to beat.
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
    {1, 9, 5, 7, 3, 5}, // the nearer of two taps reaches the sequence, the farther does not
    {1, 300, 3, 5, 2, 7}, // sums so long that a GPU cuts them: of dw, of y, of dx
    {1, 3, 140, 9, 2, 1},
    {1, 3, 9, 140, 2, 1},
  };

  static Stream<OpCase> causalConv1d() {
    return Stream.concat(
        Arrays.stream(SHAPES).map(s -> conv(s[0], s[1], s[2], s[3], s[4], s[5])),
        Stream.of(convWithout("b dx"), convWithout("b dw"), convWithout("dw db")));
  }

  /// Images, length, channels, width, dilation.
  private static final int[][] BLOCKS = {
    {1, 1, 1, 1, 1},
    {2, 1, 3, 2, 1},
    {1, 7, 5, 1, 4},
    {3, 5, 2, 2, 8},
    {3, 13, 8, 2, 4},
    {1, 9, 5, 3, 5},
    {2, 31, 17, 2, 16},
    {1, 67, 33, 2, 64},
    {2, 20, 32, 3, 3},
    {1, 65, 34, 2, 8},
  };

  static Stream<OpCase> residualBlock() {
    return Stream.concat(
        Arrays.stream(BLOCKS).map(s -> block(s[0], s[1], s[2], s[3], s[4])),
        Stream.of(
            block(1, 3, 257, 2, 1).withoutGradientChecks(), // sums so long that a GPU cuts them
            blockWithout("ts"),
            blockWithout("dx"),
            blockWithout("dw db"),
            blockWithout("dv dc")));
  }

  static Stream<OpCase> residualBlockPlain() {
    return Arrays.stream(BLOCKS).map(s -> plainBlock(s[0], s[1], s[2], s[3], s[4]));
  }

  /// One image of a WaveNet block of the seed preset.
  static Stream<OpCase> seedSizes() {
    return Stream.of(
        conv(1, 784, 320, 640, 2, 1),
        conv(1, 784, 320, 640, 2, 256),
        block(1, 784, 320, 2, 256),
        plainBlock(1, 784, 320, 2, 256));
  }

  /// Multiply-adds of a convolution for each pair of channels.
  private static long seen(int n, int t, int width, int dilation) {
    long seen = 0;
    for (int tap = 0; tap < width; tap++) {
      seen += Math.max(0, t - (long) tap * dilation);
    }
    return n * seen;
  }

  private static long blockFlops(int n, int t, int c, int width, int dilation) {
    return 2 * (seen(n, t, width, dilation) * 2 * c * c + (long) n * t * c * c);
  }

  /// What both ways to compute a block read, and its result; the same values for both.
  private static CaseBuilder blockOperands(
      String op, int n, int t, int c, int width, int dilation, String note) {
    String shape = "%dx%dx%d width %d dilation %d".formatted(n, t, c, width, dilation);
    return new CaseBuilder(op, shape + note, "residualBlock " + shape)
        .reduction(Math.max((long) n * t, 2L * width * c))
        .in("x", 1, n, t, c)
        .in("w", 1 / Math.sqrt((double) width * c), width, 2 * c, c)
        .in("b", 0.5, 2 * c)
        .in("v", 1 / Math.sqrt(c), c, c)
        .in("c", 0.5, c)
        .out("g", n, t, c)
        .out("y", n, t, c);
  }

  private static CaseBuilder blockGradients(CaseBuilder builder) {
    return builder
        .cotangent("y")
        .gradient("x", "y")
        .gradient("w", "y")
        .gradient("b", "y")
        .gradient("v", "y")
        .gradient("c", "y");
  }

  private static OpCase block(int n, int t, int c, int width, int dilation) {
    long flops = blockFlops(n, t, c, width, dilation);
    return blockGradients(
            blockOperands("residualBlock", n, t, c, width, dilation, "").out("ts", n, t, 2 * c))
        .forward(flops, (b, m) -> forward(b, m, dilation, ""))
        .backward(2 * flops, (b, m) -> backward(b, m, dilation, ""))
        .backwardTouches("x", "w", "v", "ts", "ts", "g", "dy")
        .build();
  }

  /// Without the operands named: then what was in them must still be there.
  private static OpCase blockWithout(String names) {
    int c = 6;
    int dilation = 4;
    long flops = blockFlops(2, 11, c, 2, dilation);
    CaseBuilder builder =
        blockOperands("residualBlock", 2, 11, c, 2, dilation, " without " + names);
    if (names.equals("ts")) {
      return builder.forward(flops, (b, m) -> forward(b, m, dilation, names)).build();
    }
    return blockGradients(builder.out("ts", 2, 11, 2 * c))
        .forward(flops, (b, m) -> forward(b, m, dilation, names))
        .backward(0, (b, m) -> backward(b, m, dilation, names))
        .build()
        .withoutGradientChecks();
  }

  private static void forward(
      Backend backend, Function<String, Tensor> m, int dilation, String without) {
    backend
        .convolution()
        .residualBlock(
            m.apply("x"),
            m.apply("w"),
            m.apply("b"),
            dilation,
            m.apply("v"),
            m.apply("c"),
            unless(without, m, "ts"),
            m.apply("g"),
            m.apply("y"));
  }

  private static void backward(
      Backend backend, Function<String, Tensor> m, int dilation, String without) {
    backend
        .convolution()
        .residualBlockBackward(
            m.apply("x"),
            m.apply("w"),
            dilation,
            m.apply("v"),
            m.apply("ts"),
            m.apply("g"),
            m.apply("dy"),
            unless(without, m, "dx"),
            unless(without, m, "dw"),
            unless(without, m, "db"),
            unless(without, m, "dv"),
            unless(without, m, "dc"));
    if (!named(without, "dx")) {
      backend.accumulate(m.apply("dy"), m.apply("dx")); // by the residual path
    }
  }

  private static boolean named(String names, String name) {
    return Arrays.asList(names.split(" ")).contains(name);
  }

  private static @Nullable Tensor unless(String names, Function<String, Tensor> m, String name) {
    return named(names, name) ? null : m.apply(name);
  }

  /// The least to do is that of the fused block, of which it is the other way.
  private static OpCase plainBlock(int n, int t, int c, int width, int dilation) {
    long flops = blockFlops(n, t, c, width, dilation);
    OpCase fused = block(n, t, c, width, dilation);
    return blockGradients(
            blockOperands("residualBlockPlain", n, t, c, width, dilation, "")
                .out("ab", n, t, 2 * c)
                .out("dab", n, t, 2 * c)
                .out("dg", n, t, c))
        .forward(
            flops,
            (b, m) -> {
              b.convolution()
                  .causalConv1d(m.apply("x"), m.apply("w"), m.apply("b"), dilation, m.apply("ab"));
              b.convolution().gate(m.apply("ab"), m.apply("g"));
              b.linearAdd(m.apply("g"), m.apply("v"), m.apply("c"), m.apply("x"), m.apply("y"));
            })
        .backward(
            2 * flops,
            (b, m) -> {
              b.fill(m.apply("dg"), 0);
              b.fill(m.apply("dab"), 0);
              b.linearBackward(
                  m.apply("g"),
                  m.apply("v"),
                  Activation.IDENTITY,
                  m.apply("y"),
                  m.apply("dy"),
                  m.apply("dg"),
                  m.apply("dv"),
                  m.apply("dc"));
              b.convolution().gateBackward(m.apply("ab"), m.apply("dg"), m.apply("dab"));
              b.convolution()
                  .causalConv1dBackward(
                      m.apply("x"),
                      m.apply("w"),
                      dilation,
                      m.apply("dab"),
                      m.apply("dx"),
                      m.apply("dw"),
                      m.apply("db"));
              b.accumulate(m.apply("dy"), m.apply("dx"));
            })
        .work(fused.forwardWork().bytes(), fused.backwardWork().bytes())
        .build();
  }

  private static CaseBuilder convOperands(
      int n, int t, int i, int o, int width, int dilation, String note) {
    return new CaseBuilder(
            "causalConv1d",
            "%dx%dx%dx%d width %d dilation %d%s".formatted(n, t, i, o, width, dilation, note))
        .reduction(Math.max((long) n * t, (long) width * Math.max(i, o)))
        .in("x", 1, n, t, i)
        .in("w", 1 / Math.sqrt((double) width * i), width, o, i)
        .in("b", 0.5, o)
        .out("y", n, t, o)
        .cotangent("y")
        .gradient("x", "y")
        .gradient("w", "y")
        .gradient("b", "y");
  }

  private static OpCase conv(int n, int t, int i, int o, int width, int dilation) {
    long flops = 2 * seen(n, t, width, dilation) * i * o;
    return convolved(convOperands(n, t, i, o, width, dilation, ""), flops, 2 * flops, dilation, "")
        .backwardTouches("x", "w", "dy")
        .build();
  }

  private static OpCase convWithout(String names) {
    CaseBuilder builder = convOperands(2, 11, 6, 10, 2, 4, " without " + names);
    long flops = 2 * seen(2, 11, 2, 4) * 6 * 10;
    return convolved(builder, flops, 0, 4, names).build().withoutGradientChecks();
  }

  private static CaseBuilder convolved(
      CaseBuilder builder, long flops, long backwardFlops, int dilation, String without) {
    return builder
        .forward(
            flops,
            (b, m) ->
                b.convolution()
                    .causalConv1d(
                        m.apply("x"),
                        m.apply("w"),
                        unless(without, m, "b"),
                        dilation,
                        m.apply("y")))
        .backward(
            backwardFlops,
            (b, m) ->
                b.convolution()
                    .causalConv1dBackward(
                        m.apply("x"),
                        m.apply("w"),
                        dilation,
                        m.apply("dy"),
                        unless(without, m, "dx"),
                        unless(without, m, "dw"),
                        unless(without, m, "db")));
  }
}
