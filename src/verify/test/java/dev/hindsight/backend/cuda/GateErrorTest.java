package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.ResidualBlock.Weights;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// How far the gate of a block in bf16 is off: what it stores lies between the ends of the interval
/// that `gated.cuh` promises, rounded. The catalogue allows for factors that were rounded, too,
/// which would hide a wrong digit.
@Tag("slow")
class GateErrorTest {
  private static final int C = 256;
  private static final double TANH = 0x1p-20;
  private static final double SIGMOID = 0x1p-21;

  /// Magnitudes from 2^-20 to 2^7, of either sign, and what has no end.
  private static double argument(int k) {
    return switch (k) {
      case 0 -> 0;
      case 1 -> Double.POSITIVE_INFINITY;
      case 2 -> Double.NEGATIVE_INFINITY;
      default -> (float) ((k & 1) == 0 ? 1 : -1) * (float) Math.pow(2, -20 + 27.0 * k / C);
    };
  }

  private static void assertBetween(double exact, double error, double got) {
    float least = ElementType.BF16.round((float) (exact - error));
    float most = ElementType.BF16.round((float) (exact + error));
    assertThat(got).isBetween((double) least, (double) most);
  }

  @Test
  void storesWhatTheBoundAllows() {
    double[] b = new double[2 * C];
    for (int k = 0; k < C; k++) {
      b[k] = argument(k);
      b[C + k] = argument(k);
    }
    double[] ts = ts(b);
    for (int k = 0; k < C; k++) {
      assertBetween(Math.tanh(b[k]), TANH, ts[k]);
      assertBetween(1 / (1 + Math.exp(-b[k])), SIGMOID, ts[C + k]);
    }
  }

  /// Of a block without weights: its biases alone pass the gate.
  private static double[] ts(double[] b) {
    try (Backend cuda = Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.BF16);
        Scope scope = cuda.open("gate")) {
      Tensor x = cleared(scope, 1, 1, C);
      Tensor biases = scope.floats(2 * C);
      cuda.write(biases, b);
      var weights =
          new Weights(cleared(scope, 1, 2 * C, C), biases, cleared(scope, C, C), scope.zeros(C));
      Tensor ts = cleared(scope, 1, 1, 2 * C);
      cuda.residualBlock()
          .forward(x, weights, 1, ts, cleared(scope, 1, 1, C), cleared(scope, 1, 1, C));
      return cuda.readDoubles(ts);
    }
  }

  private static Tensor cleared(Scope scope, int... dims) {
    Tensor tensor = scope.tensor(ElementType.BF16, dims);
    scope.clear(tensor);
    return tensor;
  }
}
