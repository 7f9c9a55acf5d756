package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The operands of a case on a backend, in the types that it stores them in, each between two guard
/// bands.
public final class CaseTensors {
  private static final int GUARD = 64;
  private static final float SENTINEL = 0x1.5p29f; // a number of every type

  private final Backend backend;
  private final Map<String, Tensor> guarded = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  public CaseTensors(Backend backend, Scope scope, OpCase opCase) {
    this.backend = backend;
    for (Operand o : opCase.operands()) {
      int size = Math.toIntExact(o.shape().size());
      Tensor whole = scope.tensor(o.type(backend.storage()), size + 2 * GUARD);
      backend.fill(whole, SENTINEL);
      Tensor inner = whole.part(GUARD, o.shape());
      if (inner.type() == ElementType.INT32) {
        backend.write(inner, DoubleStream.of(o.values()).mapToInt(v -> (int) v).toArray());
      } else {
        backend.write(inner, o.values());
      }
      guarded.put(o.name(), whole);
      tensors.put(o.name(), inner);
    }
  }

  public Tensor get(String name) {
    Tensor t = tensors.get(name);
    if (t == null) {
      throw new IllegalArgumentException("no operand " + name);
    }
    return t;
  }

  /// Whether the guard bands of all operands are as they were.
  public boolean guarded() {
    return tensors.keySet().stream().allMatch(name -> read(name) != null);
  }

  /// The values of an operand, or null when its guard bands were written to.
  double @Nullable [] read(String name) {
    double[] all = numbers(backend, get(guarded, name));
    for (int k = 0; k < GUARD; k++) {
      if (all[k] != SENTINEL || all[all.length - 1 - k] != SENTINEL) {
        return null;
      }
    }
    return Arrays.copyOfRange(all, GUARD, all.length - GUARD);
  }

  /// What a tensor of any type holds.
  static double[] numbers(Backend backend, Tensor tensor) {
    return tensor.type() == ElementType.INT32
        ? IntStream.of(backend.readInts(tensor)).asDoubleStream().toArray()
        : backend.readDoubles(tensor);
  }

  private static Tensor get(Map<String, Tensor> map, String name) {
    return Objects.requireNonNull(map.get(name), name);
  }
}
