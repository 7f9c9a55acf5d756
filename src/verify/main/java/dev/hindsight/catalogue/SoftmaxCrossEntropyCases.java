package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.Arrays;
import java.util.stream.Stream;

/// The loss of classes.
final class SoftmaxCrossEntropyCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(new int[][] {{1, 2}, {3, 2}, {31, 2}, {9, 3}, {33, 31}, {7, 32}, {5, 257}})
        .flatMap(s -> Stream.of(1.0, 40.0).map(std -> softmaxCrossEntropy(s[0], s[1], std)));
  }

  private static OpCase softmaxCrossEntropy(int n, int classes, double std) {
    float scale = 1f / n;
    CaseBuilder builder =
        new CaseBuilder("softmaxCrossEntropy", "%dx%d logits ~ %.0f".formatted(n, classes, std))
            .reduction(classes)
            .in("logits", std, n, classes)
            .bits("target", n)
            .outFp32("nll", n)
            .gradientOfSum("logits", "nll", scale);
    double[] target = builder.find("target").values();
    Arrays.setAll(target, k -> k % 3 == 0 ? k % classes : target[k]);
    long flops = 10L * n * classes;
    return builder
        .forward(flops, call("softmaxCrossEntropy.forward", "logits", "target", "nll"))
        .backward(flops, call("softmaxCrossEntropy.backward", "logits", "target", scale, "dlogits"))
        .backwardTouches("logits", "target")
        .build();
  }
}
