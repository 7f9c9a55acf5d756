package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Activation;
import dev.hindsight.catalogue.Call.Fresh;
import dev.hindsight.catalogue.OpCase.Phase;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;

/// WaveNet's residual block: fused, and as the composition of plain ops that the fused one has to
/// equal and to beat.
final class ResidualBlockCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.concat(residualBlock(), residualBlockPlain());
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

  private static Stream<OpCase> residualBlock() {
    return Stream.concat(
        Arrays.stream(BLOCKS).map(s -> block(s[0], s[1], s[2], s[3], s[4])),
        Stream.of(
            block(1, 3, 257, 2, 1).withoutGradientChecks(), // sums so long that a GPU cuts them
            blockWithoutTs(),
            blockWithout("dx"),
            blockWithout("dw db"),
            blockWithout("dv dc")));
  }

  private static Stream<OpCase> residualBlockPlain() {
    return Arrays.stream(BLOCKS).map(s -> plainBlock(s[0], s[1], s[2], s[3], s[4]));
  }

  /// Long enough for pairs of positions to be filtered.
  @Override
  public Stream<OpCase> manyRows() {
    return Stream.of(block(2, 149, 97, 2, 2), block(1, 823, 96, 2, 128), block(1, 397, 99, 2, 31))
        .map(OpCase::withoutGradientChecks);
  }

  @Override
  public Stream<OpCase> largeTiles() {
    return Stream.of(block(2, 67, 72, 2, 16), block(1, 131, 136, 3, 5))
        .map(OpCase::withoutGradientChecks);
  }

  @Override
  public Stream<OpCase> tallTiles() {
    return Stream.of(block(2, 197, 72, 2, 16).withoutGradientChecks());
  }

  /// One image of a WaveNet block of the reference preset.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(block(1, 784, 320, 2, 256), plainBlock(1, 784, 320, 2, 256));
  }

  private static OpCase block(int n, int t, int c, int width, int dilation) {
    return fused("", n, t, c, width, dilation).build();
  }

  private static OpCase blockWithout(String names) {
    return fused(" without " + names, 2, 11, 6, 2, 4).without(names).build();
  }

  private static CaseBuilder fused(String note, int n, int t, int c, int width, int dilation) {
    long flops = flops(n, t, c, width, dilation);
    return operands("residualBlock", note, n, t, c, width, dilation)
        .out("ts", n, t, 2 * c)
        .gradients("y", "x", "w", "b", "v", "c")
        .forward(flops, call("residualBlock.forward", "x w b v c", dilation, "ts g y"))
        .backward(
            2 * flops,
            call(
                "residualBlock.backward", "x w b v c", dilation, "ts g dy dx dw db", null, "dv dc"),
            call("add.accumulate", "dy dx")) // by the residual path
        .backwardTouches("x", "w", "v", "ts", "ts", "g", "dy");
  }

  /// Only forward can do without it.
  private static OpCase blockWithoutTs() {
    return operands("residualBlock", " without ts", 2, 11, 6, 2, 4)
        .forward(flops(2, 11, 6, 2, 4), call("residualBlock.forward", "x w b v c", 4, null, "g y"))
        .build();
  }

  /// The least to do is that of the fused block, of which it is the other way.
  private static OpCase plainBlock(int n, int t, int c, int width, int dilation) {
    OpCase fused = block(n, t, c, width, dilation);
    Phase backward = Objects.requireNonNull(fused.backward());
    return operands("residualBlockPlain", "", n, t, c, width, dilation)
        .out("ab", n, t, 2 * c)
        .out("dab", n, t, 2 * c)
        .out("dg", n, t, c)
        .gradients("y", "x", "w", "b", "v", "c")
        .forward(
            fused.forward().work().flops(),
            call("causalConv1d.forward", "x w b", dilation, "ab"),
            call("gate.forward", "ab g"),
            call("linear.linearAdd", "g v c x y"))
        .backward(
            backward.work().flops(),
            call("linear.backward", "g v", Activation.IDENTITY, "y dy", new Fresh("dg"), "dv dc"),
            call("gate.backward", "ab dg", new Fresh("dab")),
            call("causalConv1d.backward", "x w", dilation, "dab dx dw db"),
            call("add.accumulate", "dy dx"))
        .work(fused.forward().work().moved(), backward.work().moved())
        .build();
  }

  private static long flops(int n, int t, int c, int width, int dilation) {
    return 2 * (CausalConv1dCases.seen(n, t, width, dilation) * 2 * c * c + (long) n * t * c * c);
  }

  /// What both ways to compute a block read, and its result; the same values for both.
  private static CaseBuilder operands(
      String op, String note, int n, int t, int c, int width, int dilation) {
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
}
