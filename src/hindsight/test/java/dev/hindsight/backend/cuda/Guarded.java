package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;

/// A tensor between two bands that nobody may write to.
record Guarded(Backend backend, Tensor whole, Tensor inner) {
  private static final int BAND = 64; // floats, so that the tensor is aligned as others are
  private static final float SENTINEL = 1.2345e30f;

  static Guarded of(Backend backend, Scope scope, Shape shape, float[] values) {
    Tensor whole = scope.floats(values.length + 2 * BAND);
    backend.fill(whole, SENTINEL);
    Tensor inner = whole.part(BAND, shape);
    backend.write(inner, values);
    return new Guarded(backend, whole, inner);
  }

  /// The values, once the bands have been looked at.
  float[] read() {
    float[] all = backend.readFloats(whole);
    int end = all.length - BAND;
    assertThat(Arrays.copyOf(all, BAND)).as("before").containsOnly(SENTINEL);
    assertThat(Arrays.copyOfRange(all, end, all.length)).as("behind").containsOnly(SENTINEL);
    return Arrays.copyOfRange(all, BAND, end);
  }
}
