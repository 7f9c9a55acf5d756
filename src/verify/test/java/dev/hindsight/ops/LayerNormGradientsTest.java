package dev.hindsight.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.TestBackends;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The gradients of gain and bias are the same bits wherever they lie: one behind the other, as
/// those of parameters do where 64 divides the channels, the other way round, or apart.
@Tag("slow")
class LayerNormGradientsTest {
  private static final RandomKey KEY = RandomKey.of(37);

  private static void normals(Backend backend, Tensor t, String name) {
    backend.write(t, Philox.normals(KEY.fold(name), Math.toIntExact(t.size())));
  }

  /// What the gradients of gain and bias become, which hold something before.
  private static List<double[]> results(
      Backend backend, int rows, int channels, Tensor dgain, Tensor dbias) {
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.tensor(backend.storage(), rows, channels);
      Tensor y = scope.tensor(backend.storage(), rows, channels);
      Tensor dy = scope.tensor(backend.storage(), rows, channels);
      Tensor gain = scope.floats(channels);
      Tensor bias = scope.floats(channels);
      Tensor mean = scope.floats(rows);
      Tensor rstd = scope.floats(rows);
      normals(backend, x, "x");
      normals(backend, dy, "dy");
      normals(backend, gain, "gain");
      normals(backend, bias, "bias");
      normals(backend, dgain, "dgain");
      normals(backend, dbias, "dbias");
      backend.layerNorm().forward(x, gain, bias, false, y, mean, rstd);
      backend
          .layerNorm()
          .backward(x, gain, mean, rstd, null, dy, new Gradients(null, dgain, dbias));
      return List.of(backend.readDoubles(dgain), backend.readDoubles(dbias));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"double", "cpu", "gpu", "gpu tf32", "gpu bf16"})
  void areTheSameWhereverTheyLie(String name) {
    try (Backend backend = TestBackends.open(name);
        Scope scope = backend.open("gradients")) {
      for (int[] z : new int[][] {{67, 31}, {301, 64}, {37, 128}, {5, 513}}) {
        int channels = z[1];
        Shape one = Shape.of(channels);
        Tensor pair = scope.floats(2 * channels);
        Tensor first = pair.part(0, one);
        Tensor second = pair.part(channels, one);
        Tensor apart = scope.floats(3 * channels);
        List<double[]> wanted =
            results(backend, z[0], channels, apart.part(0, one), apart.part(2L * channels, one));
        String which = "%d x %d".formatted(z[0], channels);
        assertThat(results(backend, z[0], channels, first, second))
            .as(which)
            .usingRecursiveComparison()
            .isEqualTo(wanted);
        assertThat(results(backend, z[0], channels, second, first))
            .as("%s, bias before gain", which)
            .usingRecursiveComparison()
            .isEqualTo(wanted);
      }
    }
  }
}
