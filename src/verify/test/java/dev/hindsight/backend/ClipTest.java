package dev.hindsight.backend;

import static dev.hindsight.testing.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Clipping by a norm that is not a number, on every backend: no weight stays as it was, as with
/// PyTorch's `clip_grad_norm_`, so the loss shows it.
class ClipTest {
  @ParameterizedTest
  @ValueSource(strings = {"nd4j", "cpu", "gpu"})
  void aGradientWithoutANormSpoilsEveryWeight(String where) {
    try (Backend backend = TestBackends.open(where);
        Scope scope = backend.open("test")) {
      Tensor w = vector(backend, scope, 1, 2, 3, 4, 5);
      Tensor dw = vector(backend, scope, 1, Float.NaN, 1, 1, 1);
      Tensor norm = scope.floats(1);
      backend.adam().norm(dw, norm);
      assertThat(backend.readFloats(norm)).containsOnly(Float.NaN);
      AdamRule rule = AdamRule.PLAIN.with(0, 1);
      Tensor numbers = vector(backend, scope, rule.at(1, 0.1f).numbers());
      Tensor zeros = scope.zeros(5);
      backend
          .adam()
          .step(new FlatParameters(w, null, dw, zeros, scope.zeros(5)), norm, numbers, rule, null);
      assertThat(backend.readFloats(w)).hasSize(5).containsOnly(Float.NaN);
    }
  }
}
