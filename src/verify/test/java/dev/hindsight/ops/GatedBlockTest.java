package dev.hindsight.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.Taps;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The horizontal half of Gated PixelCNN's block against the plain ops: the same numbers, from
/// fewer bytes, and no pixel hears what its taps do not reach.
@Tag("slow")
class GatedBlockTest {
  private static final RandomKey KEY = RandomKey.of(29);
  private static final Taps TAPS = Taps.left(7, true);

  private record Sizes(int images, int height, int width, int channels) {
    int pixels() {
      return images * height * width;
    }
  }

  private enum Way {
    FUSED {
      @Override
      Tensor run(Ops ops, Tensor x, Tensor w, Tensor told, Tensor v) {
        return ops.gatedBlock(x, w, TAPS, told, v);
      }
    },
    PLAIN {
      @Override
      Tensor run(Ops ops, Tensor x, Tensor w, Tensor told, Tensor v) {
        Tensor g = ops.gate(ops.add(ops.maskedConv2d(x, w, null, TAPS), told));
        return ops.add(x, ops.linear(g, v, null, Activation.IDENTITY));
      }
    };

    abstract Tensor run(Ops ops, Tensor x, Tensor w, Tensor told, Tensor v);
  }

  private static Tensor get(Map<String, Tensor> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  private static Map<String, Tensor> operands(Backend backend, Scope scope, Sizes z) {
    int c = z.channels();
    double small = 1 / Math.sqrt(TAPS.count() * c);
    Map<String, Tensor> p = new LinkedHashMap<>();
    normals(p, backend, scope, "x", 1, z.images(), z.height(), z.width(), c);
    normals(p, backend, scope, "told", 1, z.images(), z.height(), z.width(), 2 * c);
    normals(p, backend, scope, "w", small, TAPS.count(), 2 * c, c);
    normals(p, backend, scope, "v", small, c, c);
    return p;
  }

  private static void normals(
      Map<String, Tensor> p, Backend backend, Scope scope, String name, double std, int... dims) {
    Tensor t = scope.tensor(backend.storage(), dims);
    double[] values = Philox.normals(KEY.fold(name), Math.toIntExact(t.size()));
    for (int k = 0; k < values.length; k++) {
      values[k] *= std;
    }
    backend.write(t, values);
    p.put(name, t);
  }

  /// Gradients of weights are fp32.
  private static Map<String, Tensor> bind(Tape tape, Scope scope, Map<String, Tensor> p) {
    Map<String, Tensor> gradients = new LinkedHashMap<>();
    p.forEach(
        (name, t) -> {
          boolean weight = t.shape().rank() != 4;
          Tensor d = scope.tensor(weight ? ElementType.FP32 : t.type(), t.shape().dims());
          scope.clear(d);
          tape.bind(t, d);
          gradients.put("d" + name, d);
        });
    return gradients;
  }

  /// y and every gradient, by name. What the block reads is read by other ops after it, so that its
  /// gradients exist before the block's backward, when `shared`; else they are handed on.
  private static Map<String, double[]> results(Backend backend, Sizes z, Way way, boolean shared) {
    Map<String, double[]> results = new LinkedHashMap<>();
    try (Scope scope = backend.open("test")) {
      Map<String, Tensor> p = operands(backend, scope, z);
      Tape tape = new Tape(scope);
      Map<String, Tensor> gradients = bind(tape, scope, p);
      Ops ops = new Ops(backend, scope, tape);
      Tensor x = ops.activate(Activation.TANH, get(p, "x"));
      Tensor told = ops.activate(Activation.TANH, get(p, "told"));
      Tensor y = way.run(ops, x, get(p, "w"), told, get(p, "v"));
      Tensor end = shared ? ops.add(ops.add(y, x), ops.gate(told)) : y;
      normals(p, backend, scope, "dy", 1, end.shape().dims());
      tape.backward(end, get(p, "dy"));
      results.put("y", backend.readDoubles(y));
      gradients.forEach((name, d) -> results.put(name, backend.readDoubles(d)));
    }
    return results;
  }

  /// The plain ops round more often in bf16: each of the two sums before the gate, the gate's
  /// gradient and what comes back behind it.
  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.hindsight.ops.FusedBlock#backends")
  void theFusedBlockEqualsThePlainOne(String name, Supplier<Backend> open) {
    try (Backend backend = open.get()) {
      for (Sizes z : new Sizes[] {new Sizes(2, 3, 11, 17), new Sizes(1, 5, 7, 32)}) {
        for (boolean shared : new boolean[] {false, true}) {
          Map<String, double[]> fused = results(backend, z, Way.FUSED, shared);
          Map<String, double[]> plain = results(backend, z, Way.PLAIN, shared);
          double roundoff = Math.max(1e-6, backend.precision().roundoff());
          double allowed = roundoff * Math.sqrt(z.pixels() + 2 * z.channels());
          assertThat(fused).hasSize(5);
          FusedBlock.assertClose(z, fused, plain, allowed);
        }
      }
    }
  }

  /// A tap that does not exist is no product with 0, which would be NaN.
  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.hindsight.ops.FusedBlock#backends")
  void aPixelThatIsNotSeenReachesNothing(String name, Supplier<Backend> open) {
    Sizes z = new Sizes(2, 3, 11, 16);
    try (Backend backend = open.get();
        Scope scope = backend.open("test")) {
      Map<String, Tensor> p = operands(backend, scope, z);
      int poisoned = (z.height() + 1) * z.width() + 5; // image 1, row 1, column 5
      double[] x = backend.readDoubles(get(p, "x"));
      x[poisoned * z.channels()] = Double.NaN;
      backend.write(get(p, "x"), x);
      Ops ops = new Ops(backend, scope, null);
      double[] y =
          backend.readDoubles(
              Way.FUSED.run(ops, get(p, "x"), get(p, "w"), get(p, "told"), get(p, "v")));
      for (int k = 0; k < y.length; k++) {
        int behind = k / z.channels() - poisoned;
        assertThat(Double.isNaN(y[k])).as("y[%d]", k).isEqualTo(behind >= 0 && behind < 4);
      }
    }
  }

  /// Bytes of forward and of backward, between ops that hand their gradients on.
  private static long[] moved(Backend backend, Way way) {
    try (Scope scope = backend.open("test")) {
      Map<String, Tensor> p = operands(backend, scope, new Sizes(1, 28, 28, 32));
      Tape tape = new Tape(scope);
      bind(tape, scope, p);
      Ops ops = new Ops(backend, scope, tape);
      FusedBlock.bytesMoved(backend);
      Tensor y = way.run(ops, get(p, "x"), get(p, "w"), get(p, "told"), get(p, "v"));
      long forward = FusedBlock.bytesMoved(backend);
      normals(p, backend, scope, "dy", 1, y.shape().dims());
      FusedBlock.bytesMoved(backend);
      tape.backward(y, get(p, "dy"));
      return new long[] {forward, FusedBlock.bytesMoved(backend)};
    }
  }

  @ParameterizedTest
  @EnumSource
  void theFusedBlockMovesFewerBytes(Precision precision) {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(1), precision)) {
      long[] fused = moved(backend, Way.FUSED);
      long[] plain = moved(backend, Way.PLAIN);
      assertThat(fused[0]).as("forward").isLessThan(plain[0]);
      assertThat(fused[1]).as("backward").isLessThan(plain[1]);
    }
  }

  @Test
  void saysWhatDoesNotFit() {
    try (Backend backend = Backends.open("nd4j");
        Scope scope = backend.open("test")) {
      Ops ops = new Ops(backend, scope, null);
      Tensor x = scope.floats(2, 4, 5, 3);
      Tensor w = scope.floats(4, 6, 3);
      Tensor told = scope.floats(2, 4, 5, 6);
      Tensor v = scope.floats(3, 3);
      assertThatThrownBy(() -> ops.gatedBlock(scope.floats(2, 3), w, TAPS, told, v))
          .hasMessage("gatedBlock: x must be (B, H, W, I) but is (2, 3)");
      assertThatThrownBy(() -> ops.gatedBlock(x, scope.floats(4, 5, 3), TAPS, told, v))
          .hasMessage("gatedBlock: x (2, 4, 5, 3) needs w (*, 6, 3) but w is (4, 5, 3)");
      assertThatThrownBy(() -> ops.gatedBlock(x, w, TAPS, x, v))
          .hasMessage("gatedBlock: x (2, 4, 5, 3) needs told (2, 4, 5, 6) but it is (2, 4, 5, 3)");
      assertThatThrownBy(() -> ops.gatedBlock(x, w, TAPS, told, scope.floats(3, 4)))
          .hasMessage("gatedBlock: x (2, 4, 5, 3) needs v (3, 3) but it is (3, 4)");
    }
  }
}
