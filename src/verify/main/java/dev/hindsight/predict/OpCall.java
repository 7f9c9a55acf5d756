package dev.hindsight.predict;

import dev.hindsight.backend.Arguments;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Families;
import dev.hindsight.catalogue.Call;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A call of an op: what a step asks of its backend.
///
/// @param family the method of [Backend] that gives the family of the op; null for an op of the
///   backend itself
/// @param arguments as [Arguments] takes them apart: an [Operand] for each tensor, a [Sum] for each
///   gradient, numbers and masks, null where the op was given none
record OpCall(@Nullable Method family, Method method, List<@Nullable Object> arguments) {
  private static final int SHAPES = 2; // of its tensors tell one call from another

  /// A [Gradient].
  record Sum(Operand operand, boolean fresh) {}

  /// `linear (64, 784, 128) (384, 128)`.
  String label() {
    String shapes =
        operands().stream()
            .limit(SHAPES)
            .map(operand -> operand.shape().toString())
            .collect(Collectors.joining(" "));
    return name() + " " + shapes;
  }

  private String name() {
    return Families.opName(family == null ? "" : family.getName(), method);
  }

  List<Operand> operands() {
    List<Operand> operands = new ArrayList<>();
    for (Object argument : arguments) {
      switch (argument) {
        case Operand operand -> operands.add(operand);
        case Sum sum -> operands.add(sum.operand());
        case null, default -> {}
      }
    }
    return operands;
  }

  /// What two calls have in common that launch the same: everything but where their tensors lie.
  List<@Nullable Object> kind() {
    List<@Nullable Object> kind = new ArrayList<>(List.of(method));
    List<Operand> seen = new ArrayList<>();
    for (Object argument : arguments) {
      Object known = argument;
      if (argument instanceof Sum sum) {
        kind.add(sum.fresh());
        known = sum.operand();
      }
      if (known instanceof Operand operand) {
        kind.add(operand.shape());
        kind.add(operand.type());
        kind.add(seen.indexOf(operand));
        seen.add(operand);
      } else {
        kind.add(known);
      }
    }
    return kind;
  }

  /// Calls the op of a backend with tensors of its own.
  void run(Backend backend, Function<Operand, Tensor> tensors) {
    List<@Nullable Object> given = new ArrayList<>();
    for (Object argument : arguments) {
      given.add(
          switch (argument) {
            case Operand operand -> tensors.apply(operand);
            case Sum sum -> new Gradient(tensors.apply(sum.operand()), sum.fresh());
            case null, default -> argument;
          });
    }
    Object target = family == null ? backend : Call.invoke(family, backend);
    Call.invoke(method, Objects.requireNonNull(target), Arguments.grouped(method, given));
  }

  /// Time steps of an op that goes through time on the device, else 0. Its tensors lie time first.
  int steps() {
    boolean recurrent = name().equals("lstm") || name().equals("lstmBackward");
    return recurrent
        ? operands().stream()
            .map(Operand::shape)
            .filter(shape -> shape.rank() == 3)
            .mapToInt(shape -> shape.dim(0))
            .min()
            .orElse(0)
        : 0;
  }

  /// The shape that an operand has when the op takes so many steps.
  Shape cut(Operand operand, int steps) {
    int[] dims = operand.shape().dims().clone();
    if (dims.length == 3 && steps() > 0) {
      dims[0] += steps - steps();
    }
    return Shape.of(dims);
  }
}
