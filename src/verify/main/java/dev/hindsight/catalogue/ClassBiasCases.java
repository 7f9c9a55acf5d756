package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.ClassBias;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.tensor.Shape;
import java.util.Arrays;
import java.util.stream.Stream;

/// A bias of each image, chosen by its class.
final class ClassBiasCases implements Cases {
  /// What images are labelled.
  private enum Labels {
    /// Every third has no class.
    MIXED,
    /// All are of the last one.
    ALIKE,
    NONE;

    float of(int image, int classes) {
      return switch (this) {
        case MIXED -> image % 3 == 2 ? ClassBias.NO_CLASS : image * 7 % classes;
        case ALIKE -> classes - 1;
        case NONE -> ClassBias.NO_CLASS;
      };
    }
  }

  /// The gates of a Gated PixelCNN, and hidden units of a MADE.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(
        classBias(new int[] {1, 64, 784, 64, 10}, Labels.MIXED),
        classBias(new int[] {1, 256, 1, 2048, 1000}, Labels.MIXED));
  }

  /// How often images come by, images, places of each, channels, classes.
  @Override
  public Stream<OpCase> all() {
    return Stream.concat(
        Stream.of(
                new int[][] {
                  {1, 1, 1, 1, 1},
                  {1, 7, 1, 5, 10},
                  {1, 41, 1, 33, 1},
                  {1, 3, 9, 31, 10},
                  {1, 5, 49, 4, 1000},
                  {1, 2, 521, 34, 10},
                  {1, 37, 8, 128, 10},
                  {7, 5, 1, 12, 10},
                  {31, 3, 13, 6, 2},
                  {1, 2, 3, 1025, 10}
                })
            .map(s -> classBias(s, Labels.MIXED)),
        Stream.of(Labels.ALIKE, Labels.NONE)
            .map(labels -> classBias(new int[] {1, 19, 23, 32, 10}, labels)));
  }

  private static OpCase classBias(int[] s, Labels labels) {
    int images = s[1];
    int n = s[0] * images * s[2];
    int c = s[3];
    int classes = s[4];
    String shape = "%dx%dx%dx%d of %d".formatted(s[0], images, s[2], c, classes);
    double[] each = new double[images];
    Arrays.setAll(each, image -> labels.of(image, classes));
    return new CaseBuilder(
            "classBias", labels == Labels.MIXED ? shape : "%s, %s".formatted(shape, labels))
        .reduction(n)
        .in("x", 1, n, c)
        .inFp32("table", 1, classes, c)
        .fp32("labels")
        .operand(Role.IN, "labels", Shape.of(images), () -> each)
        .out("y", n, c)
        .gradients("y", "table")
        .forward((long) n * c, call("classBias.forward", "x table labels", s[2], "y"))
        .backward((long) n * c, call("classBias.backward", "labels", s[2], "dy dtable"))
        .backwardTouches("labels", "dy")
        .build();
  }
}
