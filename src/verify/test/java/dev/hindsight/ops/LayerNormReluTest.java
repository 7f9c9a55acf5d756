package dev.hindsight.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A layer norm with its ReLU gives the bits of both one after the other, so what was trained with
/// two passes goes on with one.
@Tag("slow")
class LayerNormReluTest {
  private static final RandomKey KEY = RandomKey.of(31);

  private interface Way {
    Tensor run(Ops ops, Tensor x, Tensor gain, Tensor bias);
  }

  private static void normals(Backend backend, Tensor t, String name) {
    backend.write(t, Philox.normals(KEY.fold(name), Math.toIntExact(t.size())));
  }

  /// y and the gradients of x, gain and bias.
  private static List<double[]> results(Backend backend, int rows, int channels, Way way) {
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.tensor(backend.storage(), rows, channels);
      Tensor gain = scope.floats(channels);
      Tensor bias = scope.floats(channels);
      normals(backend, x, "x");
      normals(backend, gain, "gain");
      normals(backend, bias, "bias");
      Tape tape = new Tape(scope);
      List<Tensor> gradients = new ArrayList<>();
      for (Tensor t : List.of(x, gain, bias)) {
        Tensor d = scope.tensor(t.type(), t.shape().dims());
        scope.clear(d);
        tape.bind(t, d);
        gradients.add(d);
      }
      Tensor y = way.run(new Ops(backend, scope, tape), x, gain, bias);
      Tensor dy = scope.tensor(backend.storage(), rows, channels);
      normals(backend, dy, "dy");
      tape.backward(y, dy);
      List<double[]> results = new ArrayList<>(List.of(backend.readDoubles(y)));
      gradients.forEach(d -> results.add(backend.readDoubles(d)));
      return results;
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.hindsight.ops.FusedBlock#backends")
  void givesTheBitsOfBoth(String name, Supplier<Backend> open) {
    try (Backend backend = open.get()) {
      for (int[] z : new int[][] {{67, 31}, {37, 128}, {5, 513}}) {
        List<double[]> fused = results(backend, z[0], z[1], Ops::layerNormRelu);
        List<double[]> apart =
            results(
                backend,
                z[0],
                z[1],
                (ops, x, g, b) -> ops.activate(Activation.RELU, ops.layerNorm(x, g, b)));
        for (int n = 0; n < fused.size(); n++) {
          assertThat(fused.get(n)).as("%d of %d x %d", n, z[0], z[1]).isEqualTo(apart.get(n));
        }
        assertThat(fused.getFirst()).contains(0).doesNotContain(Double.NaN);
      }
    }
  }
}
