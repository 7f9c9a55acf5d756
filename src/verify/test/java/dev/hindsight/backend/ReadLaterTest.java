package dev.hindsight.backend;

import static dev.hindsight.testing.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is read later is what was there when it was asked for.
class ReadLaterTest {
  @ParameterizedTest
  @ValueSource(strings = {"nd4j", "cpu", "gpu"})
  void laterCallsDoNotChangeIt(String where) {
    try (Backend backend = TestBackends.open(where);
        Scope scope = backend.open("test")) {
      Tensor x = vector(backend, scope, 1, 2, 3);
      List<Supplier<float[]>> reads = new ArrayList<>();
      for (int k = 0; k < 3; k++) {
        reads.add(backend.readLater(x));
        backend.fill(x, 10 + k);
      }
      Supplier<float[]> gone;
      try (Scope inner = backend.open("inner")) {
        gone = backend.readLater(vector(backend, inner, 7, 8));
      }
      vector(backend, scope, 5, 6); // may lie where that one lay
      assertThat(reads.get(2).get()).containsExactly(11, 11, 11);
      assertThat(reads.get(0).get()).containsExactly(1, 2, 3);
      Supplier<float[]> again = backend.readLater(x);
      assertThat(reads.get(1).get()).containsExactly(10, 10, 10);
      assertThat(reads.get(0).get()).as("asked twice").containsExactly(1, 2, 3);
      assertThat(again.get()).containsExactly(12, 12, 12);
      assertThat(gone.get()).containsExactly(7, 8);
    }
  }

  @Test
  void bf16IsReadAsFp32() {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.BF16);
        Scope scope = backend.open("test")) {
      Tensor x = scope.tensor(ElementType.BF16, 3);
      backend.write(x, new float[] {1, 257, -0.5f});
      Supplier<float[]> read = backend.readLater(x);
      backend.fill(x, 7);
      assertThat(read.get()).containsExactly(1, 256, -0.5f);
    }
  }
}
