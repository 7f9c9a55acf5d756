package dev.hindsight.catalogue;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.tensor.Gradient;
import java.util.Arrays;
import java.util.stream.Stream;

/// WaveNet's residual block: fused, and as the composition of plain ops that the fused one has to
/// equal and to beat.
final class ResidualBlockCases {
  private ResidualBlockCases() {}

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

  /// Long enough for pairs of positions to be filtered.
  static Stream<OpCase> manyRows() {
    return Stream.of(block(2, 149, 97, 2, 2), block(1, 823, 96, 2, 128), block(1, 397, 99, 2, 31))
        .map(OpCase::withoutGradientChecks);
  }

  static Stream<OpCase> largeTiles() {
    return Stream.of(
        block(2, 67, 72, 2, 16).withoutGradientChecks(),
        block(1, 131, 136, 3, 5).withoutGradientChecks());
  }

  static Stream<OpCase> tallTiles() {
    return Stream.of(block(2, 197, 72, 2, 16).withoutGradientChecks());
  }

  /// One image of a WaveNet block of the reference preset.
  static Stream<OpCase> seedSizes() {
    return Stream.of(block(1, 784, 320, 2, 256), plainBlock(1, 784, 320, 2, 256));
  }

  private static long blockFlops(int n, int t, int c, int width, int dilation) {
    return 2 * (CausalConv1dCases.seen(n, t, width, dilation) * 2 * c * c + (long) n * t * c * c);
  }

  /// What both ways to compute a block read, and its result; the same values for both.
  private static CaseBuilder blockOperands(
      String op, int n, int t, int c, int width, int dilation, String note) {
    String shape = "%dx%dx%d width %d dilation %d".formatted(n, t, c, width, dilation);
    return new CaseBuilder(op, shape + note, "residualBlock " + shape)
        .reduction(Math.max((long) n * t, 2L * width * c))
        .in("x", 1, n, t, c)
        .weight("w", 1 / Math.sqrt((double) width * c), width, 2 * c, c)
        .inFp32("b", 0.5, 2 * c)
        .weight("v", 1 / Math.sqrt(c), c, c)
        .inFp32("c", 0.5, c)
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

  private static ResidualBlock.Weights weights(Operands m) {
    return new ResidualBlock.Weights(m.apply("w"), m.apply("b"), m.apply("v"), m.apply("c"));
  }

  private static void forward(Backend backend, Operands m, int dilation, String without) {
    backend
        .residualBlock()
        .forward(
            m.apply("x"),
            weights(m),
            dilation,
            Without.unless(without, m, "ts"),
            m.apply("g"),
            m.apply("y"));
  }

  private static void backward(Backend backend, Operands m, int dilation, String without) {
    backend
        .residualBlock()
        .backward(
            m.apply("x"),
            weights(m),
            dilation,
            m.apply("ts"),
            m.apply("g"),
            m.apply("dy"),
            Without.gradients(without, m, "dx", "dw", "db"),
            new Gradients(
                null, Without.unless(without, m, "dv"), Without.unless(without, m, "dc")));
    if (!Without.names(without, "dx")) {
      backend.add().accumulate(m.apply("dy"), m.apply("dx")); // by the residual path
    }
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
              b.causalConv1d()
                  .forward(m.apply("x"), m.apply("w"), m.apply("b"), dilation, m.apply("ab"));
              b.gate().forward(m.apply("ab"), m.apply("g"));
              b.linear()
                  .linearAdd(m.apply("g"), m.apply("v"), m.apply("c"), m.apply("x"), m.apply("y"));
            })
        .backward(
            2 * flops,
            (b, m) -> {
              Gradient dg = new Gradient(m.apply("dg"), true);
              Gradient dab = new Gradient(m.apply("dab"), true);
              b.linear()
                  .backward(
                      m.apply("g"),
                      m.apply("v"),
                      Activation.IDENTITY,
                      m.apply("y"),
                      m.apply("dy"),
                      new Gradients(dg, m.apply("dv"), m.apply("dc")));
              b.gate().backward(m.apply("ab"), dg.tensor(), dab);
              b.causalConv1d()
                  .backward(
                      m.apply("x"),
                      m.apply("w"),
                      dilation,
                      dab.tensor(),
                      m.gradients("dx", "dw", "db"));
              b.add().accumulate(m.apply("dy"), m.apply("dx"));
            })
        .work(fused.forwardWork().moved(), fused.backwardWork().moved())
        .build();
  }
}
