package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// A causal convolution's gradients, summed over images in shares, do not depend on how many
/// threads take the shares.
class CausalConvThreadsTest {
  private static final int IMAGES = 7;
  private static final int LENGTH = 29;
  private static final int INPUTS = 13;
  private static final int OUTPUTS = 22;

  private static Tensor normals(Backend backend, Scope scope, String name, int... dims) {
    Tensor t = scope.floats(dims);
    backend.write(t, Philox.normals(RandomKey.of(4).fold(name), Math.toIntExact(t.size())));
    return t;
  }

  /// y, dx, dw, db
  private static float[][] run(int threads) {
    try (Backend backend = CpuBackend.open(threads, true, true);
        Scope scope = backend.open("test")) {
      Tensor x = normals(backend, scope, "x", IMAGES, LENGTH, INPUTS);
      Tensor w = normals(backend, scope, "w", 2, OUTPUTS, INPUTS);
      Tensor b = normals(backend, scope, "b", OUTPUTS);
      Tensor dy = normals(backend, scope, "dy", IMAGES, LENGTH, OUTPUTS);
      Tensor y = scope.floats(IMAGES, LENGTH, OUTPUTS);
      Tensor dx = scope.zeros(IMAGES, LENGTH, INPUTS);
      Tensor dw = scope.zeros(2, OUTPUTS, INPUTS);
      Tensor db = scope.zeros(OUTPUTS);
      backend.causalConv1d().forward(x, w, b, 8, y);
      backend.causalConv1d().backward(x, w, 8, dy, new Gradients(Gradient.of(dx), dw, db));
      return new float[][] {
        backend.readFloats(y),
        backend.readFloats(dx),
        backend.readFloats(dw),
        backend.readFloats(db)
      };
    }
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBits() {
    float[][] one = run(1);
    assertThat(run(2)).isDeepEqualTo(one);
    assertThat(run(3)).isDeepEqualTo(one);
  }
}
