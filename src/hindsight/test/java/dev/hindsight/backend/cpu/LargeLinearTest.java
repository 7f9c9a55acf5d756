package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Precision;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Linear layers in bf16, too large for the catalogue, against the same numbers in fp32: with AMX
/// products are cut and packed otherwise.
@EnabledIf("dev.hindsight.testing.CpuInBf16#isThere")
class LargeLinearTest {
  private static final RandomKey KEY = RandomKey.of(12);

  @ParameterizedTest
  @CsvSource({"1031, 128, 309", "1031, 309, 128", "390, 1030, 515"})
  void areThoseOfFp32(int rows, int inputs, int outputs) {
    float[][] expected = layer(Precision.FP32, rows, inputs, outputs);
    float[][] found = layer(Precision.BF16, rows, inputs, outputs);
    for (int part = 0; part < expected.length; part++) {
      for (int k = 0; k < expected[part].length; k++) {
        float wanted = expected[part][k];
        assertThat(Math.abs(found[part][k] - wanted) <= 1e-3f + Math.abs(wanted) / 100)
            .as("part %d, number %d: %s for %s", part, k, found[part][k], wanted)
            .isTrue();
      }
    }
  }

  /// y, dx, dw and db.
  private static float[][] layer(Precision precision, int rows, int inputs, int outputs) {
    try (Backend backend = CpuBackend.open(2, precision);
        Scope scope = backend.open("layer")) {
      Tensor x = random(backend, scope, "x", rows, inputs);
      Tensor w = random(backend, scope, "w", outputs, inputs);
      Tensor dy = random(backend, scope, "dy", rows, outputs);
      Tensor y = scope.tensor(backend.storage(), rows, outputs);
      Tensor dx = scope.tensor(backend.storage(), rows, inputs);
      Tensor dw = scope.tensor(ElementType.FP32, outputs, inputs);
      Tensor db = scope.tensor(ElementType.FP32, outputs);
      backend.fill(dw, 0);
      backend.fill(db, 0);
      backend.linear().forward(x, w, null, Activation.IDENTITY, y);
      Gradients to = new Gradients(new Gradient(dx, true), dw, db);
      backend.linear().backward(x, w, Activation.IDENTITY, y, dy, to);
      return new float[][] {
        backend.readFloats(y),
        backend.readFloats(dx),
        backend.readFloats(dw),
        backend.readFloats(db)
      };
    }
  }

  private static Tensor random(Backend backend, Scope scope, String name, int rows, int columns) {
    Tensor t = scope.tensor(backend.storage(), rows, columns);
    float[] values = Philox.uniforms(KEY.fold(name), rows * columns);
    for (int k = 0; k < values.length; k++) {
      values[k] = ElementType.ofBf16(ElementType.toBf16(values[k] - 0.5f));
    }
    backend.write(t, values);
    return t;
  }
}
