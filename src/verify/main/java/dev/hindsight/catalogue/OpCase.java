package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.ElementType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One op at one shape.
///
/// @param op name of the `Backend` method
/// @param shape for people: `64x784x1024 relu`
/// @param reduction length K of the longest sum; the tolerance grows with its root
/// @param gradients which of the gradients a finite difference checks
/// @param storage what its activations are rounded to; see [#in]
public record OpCase(
    String op,
    String shape,
    long reduction,
    List<Operand> operands,
    List<Gradient> gradients,
    Phase forward,
    @Nullable Phase backward,
    ElementType storage) {

  /// Calls the backend; `t` finds a tensor by its operand's name.
  @FunctionalInterface
  public interface Body {
    void run(Backend backend, Operands t);
  }

  /// One direction.
  ///
  /// @param name `forward` or `backward`
  /// @param calls of the backend, one after the other
  /// @param work the least that there is to do
  public record Phase(String name, List<Body> calls, Work work) {
    public void run(Backend backend, Operands t) {
      calls.forEach(call -> call.run(backend, t));
    }

    Phase in(ElementType storage) {
      return new Phase(name, calls, work.in(storage));
    }
  }

  /// dL/d`input` is accumulated in `gradient`, where L = Σ `output` · `cotangent`.
  ///
  /// @param cotangent an operand's name, or null when L = `scale` · Σ `output`
  public record Gradient(
      String input, String gradient, String output, @Nullable String cotangent, double scale) {}

  /// Bytes to move.
  ///
  /// @param stored of activations and weights
  /// @param single of what is fp32 everywhere
  public record Bytes(long stored, long single) {
    static final Bytes NONE = new Bytes(0, 0);

    Bytes plus(Bytes other) {
      return new Bytes(stored + other.stored, single + other.single);
    }

    Bytes in(ElementType storage) {
      return new Bytes(stored * storage.bytes() / Float.BYTES, single);
    }
  }

  /// The least an op has to do: floating-point operations (a multiply-add is two) and bytes moved.
  public record Work(long flops, Bytes moved) {
    public long bytes() {
      return moved.stored + moved.single;
    }

    Work in(ElementType storage) {
      return new Work(flops, moved.in(storage));
    }
  }

  /// Forward, and backward where there is one.
  public List<Phase> phases() {
    return backward == null ? List.of(forward) : List.of(forward, backward);
  }

  /// This case where activations are stored in a type: its operands hold numbers of it.
  public OpCase in(ElementType other) {
    if (other == storage) {
      return this;
    }
    return new OpCase(
        op,
        shape,
        reduction,
        operands.stream().map(o -> o.in(other)).toList(),
        gradients,
        forward.in(other),
        backward == null ? null : backward.in(other),
        other);
  }

  /// The same for other checks only: finite differences take long where operands are large, and
  /// need all gradients.
  OpCase withoutGradientChecks() {
    return new OpCase(op, shape, reduction, operands, List.of(), forward, backward, storage);
  }

  /// The first columns of a row on one of its phases.
  public Map<String, @Nullable Object> columns(Phase phase) {
    Map<String, @Nullable Object> columns = new LinkedHashMap<>();
    columns.put("op", op);
    columns.put("shape", shape);
    columns.put("phase", phase.name);
    return columns;
  }

  public Operand operand(String name) {
    return operands.stream()
        .filter(o -> o.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(this + ": no operand " + name));
  }

  @Override
  public String toString() {
    return op + " " + shape;
  }
}
