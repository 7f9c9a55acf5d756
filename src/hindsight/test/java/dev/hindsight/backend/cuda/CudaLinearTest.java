package dev.hindsight.backend.cuda;

import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Dense linear layers on the software GPU, whole and with every product cut along K.
class CudaLinearTest {
  private static final int LARGE = 132;
  private static final int N = 270;
  private static final int I = 257;
  private static final int O = 259;

  private final float[] x = MaskedLayer.normals("x", N * I);
  private final float[] w = MaskedLayer.normals("w", O * I);
  private final float[] b = MaskedLayer.normals("b", O);
  private final float[] dy = MaskedLayer.normals("dy", N * O);

  @AfterEach
  void noFindings() {
    SoftwareGpu.assertNoFindings();
  }

  @Test
  void allThreeProductsAreCutOnALargeGpuOnly() {
    for (int multiprocessors : new int[] {1, LARGE}) {
      LaunchGeometry geometry = new LaunchGeometry(multiprocessors);
      for (int[] product : new int[][] {{N, O, I}, {N, I, O}, {O, I, N}}) {
        assertThat(
                geometry
                        .tiles(LaunchGeometry.Product.of(product[0], product[1], product[2]))
                        .chunks()
                    > 1)
            .isEqualTo(multiprocessors == LARGE);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, LARGE})
  void isRightForwardAndBackward(int multiprocessors) {
    double[] y = new double[N * O];
    double[] dx = new double[N * I];
    double[] dw = new double[O * I];
    Arrays.fill(dx, 0.5);
    Arrays.fill(dw, 0.5);
    for (int n = 0; n < N; n++) {
      for (int o = 0; o < O; o++) {
        double sum = b[o];
        double d = dy[n * O + o];
        for (int i = 0; i < I; i++) {
          sum += (double) x[n * I + i] * w[o * I + i];
          dx[n * I + i] += d * w[o * I + i];
          dw[o * I + i] += d * x[n * I + i];
        }
        y[n * O + o] = Math.max(sum, 0);
      }
    }
    try (Backend gpu = SoftwareGpu.open(multiprocessors);
        Scope scope = gpu.open("linear")) {
      Tensor xs = tensor(gpu, scope, x, N, I);
      Tensor ws = tensor(gpu, scope, w, O, I);
      Tensor ys = scope.floats(N, O);
      gpu.linear().forward(xs, ws, tensor(gpu, scope, b, O), Activation.RELU, ys);
      assertClose("y", gpu.readFloats(ys), y);
      Tensor dxs = scope.floats(N, I);
      Tensor dws = scope.floats(O, I);
      gpu.fill(dxs, 0.5f);
      gpu.fill(dws, 0.5f);
      Tensor dys = tensor(gpu, scope, dy, N, O);
      gpu.linear()
          .backward(
              xs, ws, Activation.IDENTITY, ys, dys, new Gradients(Gradient.of(dxs), dws, null));
      assertClose("dx", gpu.readFloats(dxs), dx);
      assertClose("dw", gpu.readFloats(dws), dw);
    }
  }

  private static void assertClose(String name, float[] got, double[] want) {
    for (int k = 0; k < want.length; k++) {
      double allowed = 1e-5 * Math.sqrt(270) * (1 + Math.abs(want[k]));
      assertThat(Math.abs(got[k] - want[k]))
          .as("%s[%d]: got %s, want %s", name, k, got[k], want[k])
          .isLessThanOrEqualTo(allowed);
    }
  }
}
