package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

/// The loss of classes.
final class SoftmaxCrossEntropyCases implements Cases {
  /// One value an image and several, where each has one lane of a warp, some, or all of them.
  @Override
  public Stream<OpCase> all() {
    int[][] sizes = {
      {1, 1, 2},
      {31, 1, 2},
      {9, 1, 3},
      {5, 1, 257},
      {3, 37, 2},
      {2, 11, 4},
      {1, 130, 5},
      {5, 7, 17},
      {3, 5, 31},
      {2, 3, 32},
      {1, 19, 33},
      {2, 5, 256}
    };
    return Stream.of(sizes)
        .flatMap(s -> Stream.of(1.0, 40.0).map(std -> softmaxCrossEntropy(s[0], s[1], s[2], std)));
  }

  /// Images of grey levels that the cpu backend cuts into many shares.
  @Override
  public Stream<OpCase> manyRows() {
    return Stream.of(softmaxCrossEntropy(3, 257, 67, 1).withoutGradientChecks());
  }

  /// Digits of 256 grey levels.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(softmaxCrossEntropy(16, 784, 256, 1));
  }

  private static OpCase softmaxCrossEntropy(int images, int values, int classes, double std) {
    int rows = images * values;
    float scale = 1f / rows;
    long flops = 10L * rows * classes;
    return new CaseBuilder(
            "softmaxCrossEntropy", "%dx%dx%d logits ~ %.0f".formatted(images, values, classes, std))
        .reduction((long) values * classes)
        .in("logits", std, images, values, classes)
        .levels("target", classes, images, values)
        .outFp32("nll", images)
        .gradientOfSum("logits", "nll", scale)
        .forward(flops, call("softmaxCrossEntropy.forward", "logits target nll"))
        .backward(flops, call("softmaxCrossEntropy.backward", "logits target", scale, "dlogits"))
        .backwardTouches("logits", "target")
        .build();
  }
}
