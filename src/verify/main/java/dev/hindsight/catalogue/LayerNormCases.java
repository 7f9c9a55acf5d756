package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

final class LayerNormCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.concat(layerNorm(), layerNormRelu());
  }

  /// Rows and channels: primes, one off each side of a warp and of its registers, and rows too wide
  /// for them.
  private static Stream<OpCase> layerNorm() {
    return Stream.of(
            new int[][] {
              {1, 1}, {3, 5}, {31, 32}, {33, 31}, {7, 127}, {67, 128}, {5, 129}, {19, 511},
              {3, 512}, {7, 513}, {300, 33}, {2, 1025}, {3, 4096}, {1, 4097}, {2, 8192}, {1, 8193}
            })
        .map(s -> layerNorm(s[0], s[1], false));
  }

  /// The same with a ReLU behind it, on each side of where rows are kept another way.
  private static Stream<OpCase> layerNormRelu() {
    return Stream.of(
            new int[][] {
              {1, 1}, {33, 31}, {67, 128}, {5, 129}, {3, 512}, {7, 513}, {2, 1025}, {1, 8193}
            })
        .map(s -> layerNorm(s[0], s[1], true));
  }

  /// Positions of a batch of 64 images at the transformer's width.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(layerNorm(8 * 784, 128, false), layerNorm(8 * 784, 128, true));
  }

  private static OpCase layerNorm(int n, int c, boolean relu) {
    long size = (long) n * c;
    return new CaseBuilder(relu ? "layerNormRelu" : "layerNorm", "%dx%d".formatted(n, c))
        .reduction(Math.max(n, c))
        .in("x", 2, n, c)
        .inFp32("gain", 1, c)
        .inFp32("bias", 0.5, c)
        .out("y", n, c)
        .outFp32("mean", n)
        .outFp32("rstd", n)
        .gradients("y", "x", "gain", "bias")
        .forward(7 * size, call("layerNorm.forward", "x gain bias", relu, "y mean rstd"))
        .backward(
            15 * size,
            call("layerNorm.backward", "x gain mean rstd", relu ? "y" : null, "dy dx dgain dbias"))
        .build();
  }
}
