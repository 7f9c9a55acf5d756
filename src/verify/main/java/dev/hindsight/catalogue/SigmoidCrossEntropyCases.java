package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

/// The loss of pixels.
final class SigmoidCrossEntropyCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(new int[][] {{1, 1}, {3, 31}, {5, 32}, {2, 33}, {7, 127}, {3, 784}})
        .flatMap(s -> Stream.of(1.0, 40.0).map(std -> sigmoidCrossEntropy(s[0], s[1], std)));
  }

  /// The size that MADE trains with at batch 64.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(sigmoidCrossEntropy(64, 784, 1));
  }

  private static OpCase sigmoidCrossEntropy(int n, int d, double std) {
    float scale = 1f / ((float) n * d);
    return new CaseBuilder("sigmoidCrossEntropy", "%dx%d logits ~ %.0f".formatted(n, d, std))
        .reduction(d)
        .in("logits", std, n, d)
        .bits("target", n, d)
        .outFp32("nll", n)
        .gradientOfSum("logits", "nll", scale)
        .forward(10L * n * d, call("sigmoidCrossEntropy.forward", "logits target nll"))
        .backward(
            10L * n * d, call("sigmoidCrossEntropy.backward", "logits target", scale, "dlogits"))
        .backwardTouches("logits", "target")
        .build();
  }
}
