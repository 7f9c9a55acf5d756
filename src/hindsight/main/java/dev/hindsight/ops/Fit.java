package dev.hindsight.ops;

import com.google.errorprone.annotations.FormatMethod;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What ops want of their inputs, else they fail in one line.
final class Fit {
  /// As many as there are, see [#requireShape].
  static final int ANY = -1;

  private Fit() {}

  /// Nothing can be learnt from no rows or no channels.
  static void requireElements(String op, Tensor x) {
    require(x.size() > 0, "%s: got a tensor %s, which has no elements", op, x.shape());
  }

  /// What is multiplied or added must be of one type; a weight comes in both.
  static void requireAlike(String op, Tensor x, Tensor other) {
    require(
        x.type() == other.type(),
        "%s: %s is %s but %s is %s; give both in one type (Parameter.like gives a weight in another's)",
        op,
        x.shape(),
        x.type(),
        other.shape(),
        other.type());
  }

  /// An input of a type that its op has no other for.
  static void requireType(String op, String name, Tensor x, ElementType type) {
    require(x.type() == type, "%s: %s must be %s but is %s", op, name, type, x.type());
  }

  /// An input of these axes, named as people write them: `(B,T,I)`.
  static void requireAxes(String op, String name, Tensor x, String axes) {
    require(
        x.shape().rank() == axes.split(",", -1).length,
        "%s: %s must be %s but is %s",
        op,
        name,
        axes,
        x.shape());
  }

  /// An input that goes with another.
  ///
  /// @param dims that it must have, [#ANY] where any will do; a single one is its size
  static void requireShape(
      String op, String name, Tensor of, String other, @Nullable Tensor got, int... dims) {
    if (got == null || !fits(got.shape(), dims)) {
      throw new IllegalArgumentException(
          "%s: %s %s needs %s (%s) but it is %s"
              .formatted(
                  op,
                  name,
                  of.shape(),
                  other,
                  Arrays.stream(dims)
                      .mapToObj(dim -> dim == ANY ? "*" : "" + dim)
                      .collect(Collectors.joining(", ")),
                  got == null ? "absent" : got.shape()));
    }
  }

  private static boolean fits(Shape shape, int[] dims) {
    return dims.length == 1
        ? shape.size() == dims[0]
        : shape.rank() == dims.length
            && IntStream.range(0, dims.length)
                .allMatch(k -> dims[k] == ANY || dims[k] == shape.dim(k));
  }

  @FormatMethod
  static void require(boolean holds, String message, Object... args) {
    if (!holds) {
      throw new IllegalArgumentException(message.formatted(args));
    }
  }
}
