package dev.hindsight.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The fused residual block against the plain composition causalConv1d, gate, linearAdd: the same
/// numbers, from fewer bytes.
///
/// Forward leaves out the two halves that the gate would read again. So does backward, which reads
/// tanh and σ where the plain gate reads the sums before them, and turns them into their gradient
/// in place: neither gradient has to be cleared, and that of g is never written.
@Tag("slow")
class ResidualBlockTest {
  private static final RandomKey KEY = RandomKey.of(17);
  private static final int WIDTH = 2;

  /// A block between tensors that other ops made and read.
  private record Sizes(int images, int length, int channels, int dilation) {}

  private enum Way {
    FUSED {
      @Override
      Tensor run(Ops ops, Tensor x, Map<String, Tensor> p, int dilation) {
        return ops.residualBlock(x, get(p, "w"), get(p, "b"), dilation, get(p, "v"), get(p, "c"));
      }
    },
    PLAIN {
      @Override
      Tensor run(Ops ops, Tensor x, Map<String, Tensor> p, int dilation) {
        Tensor g = ops.gate(ops.causalConv1d(x, get(p, "w"), get(p, "b"), dilation));
        return ops.linearAdd(x, g, get(p, "v"), get(p, "c"));
      }
    },
    /// Without linearAdd, which passes dy on as the fused block does.
    PLAINEST {
      @Override
      Tensor run(Ops ops, Tensor x, Map<String, Tensor> p, int dilation) {
        Tensor g = ops.gate(ops.causalConv1d(x, get(p, "w"), get(p, "b"), dilation));
        return ops.add(x, ops.linear(g, get(p, "v"), get(p, "c"), Activation.IDENTITY));
      }
    };

    abstract Tensor run(Ops ops, Tensor x, Map<String, Tensor> p, int dilation);
  }

  private static Tensor get(Map<String, Tensor> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  /// Biases are fp32, all else lies as the backend stores it.
  private static Tensor empty(Backend backend, Scope scope, String name, int... dims) {
    boolean bias = name.equals("b") || name.equals("c");
    return scope.tensor(bias ? ElementType.FP32 : backend.storage(), dims);
  }

  /// The gradient of a weight is fp32.
  private static Tensor gradient(Scope scope, String name, Tensor t) {
    boolean activation = name.startsWith("x");
    Tensor d = scope.tensor(activation ? t.type() : ElementType.FP32, t.shape().dims());
    scope.clear(d);
    return d;
  }

  private static Tensor normals(
      Backend backend, Scope scope, String name, double std, int... dims) {
    Tensor t = empty(backend, scope, name, dims);
    double[] values = Philox.normals(KEY.fold(name), Math.toIntExact(t.size()));
    for (int k = 0; k < values.length; k++) {
      values[k] *= std;
    }
    backend.write(t, values);
    return t;
  }

  /// y and every gradient, by name. The block's input is read by another op after it, so that its
  /// gradient exists before the block's backward, when `shared`; else dy is handed on to it.
  private static Map<String, double[]> results(Backend backend, Sizes z, Way way, boolean shared) {
    int c = z.channels();
    Map<String, double[]> results = new LinkedHashMap<>();
    try (Scope scope = backend.open("test")) {
      Map<String, Tensor> p = new LinkedHashMap<>();
      double small = 1 / Math.sqrt(WIDTH * c);
      p.put("x0", normals(backend, scope, "x0", 1, z.images(), z.length(), c));
      p.put("w", normals(backend, scope, "w", small, WIDTH, 2 * c, c));
      p.put("b", normals(backend, scope, "b", 0.5, 2 * c));
      p.put("v", normals(backend, scope, "v", small, c, c));
      p.put("c", normals(backend, scope, "c", 0.5, c));
      Tape tape = new Tape(scope);
      Map<String, Tensor> gradients = new LinkedHashMap<>();
      p.forEach(
          (name, t) -> {
            Tensor d = gradient(scope, name, t);
            gradients.put("d" + name, d);
            tape.bind(t, d);
          });
      Ops ops = new Ops(backend, scope, tape);
      Tensor x = ops.activate(Activation.TANH, get(p, "x0"));
      Tensor y = way.run(ops, x, p, z.dilation());
      Tensor end = shared ? ops.add(y, x) : y;
      tape.backward(end, normals(backend, scope, "dy", 1, end.shape().dims()));
      results.put("y", backend.readDoubles(y));
      gradients.forEach((name, d) -> results.put(name, backend.readDoubles(d)));
    }
    return results;
  }

  /// Both round the same factors; a sum may take another order, and bf16 may then round what is
  /// multiplied next to the neighbouring number.
  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.hindsight.ops.FusedBlock#backends")
  void theFusedBlockEqualsThePlainOne(String name, Supplier<Backend> open) {
    try (Backend backend = open.get()) {
      for (Sizes z : new Sizes[] {new Sizes(2, 31, 17, 16), new Sizes(3, 13, 33, 1)}) {
        for (boolean shared : new boolean[] {false, true}) {
          Map<String, double[]> fused = results(backend, z, Way.FUSED, shared);
          Map<String, double[]> plain =
              results(backend, z, shared ? Way.PLAINEST : Way.PLAIN, shared);
          double roundoff = Math.max(1e-6, backend.precision().roundoff());
          double allowed = roundoff * Math.sqrt(z.images() * z.length() + 2 * z.channels());
          FusedBlock.assertClose(z, fused, plain, allowed);
        }
      }
    }
  }

  /// Bytes of forward in inference and in training, and of backward.
  private static long[] moved(Backend backend, Way way) {
    Sizes z = new Sizes(1, 784, 32, 256);
    try (Scope scope = backend.open("test")) {
      int c = z.channels();
      Map<String, Tensor> p = new LinkedHashMap<>();
      Tape tape = new Tape(scope);
      Map<String, Shape> shapes =
          Map.of(
              "x", Shape.of(1, z.length(), c),
              "w", Shape.of(WIDTH, 2 * c, c),
              "b", Shape.of(2 * c),
              "v", Shape.of(c, c),
              "c", Shape.of(c));
      shapes.forEach(
          (name, shape) -> {
            Tensor t = empty(backend, scope, name, shape.dims());
            scope.clear(t);
            p.put(name, t);
            tape.bind(t, gradient(scope, name, t));
          });
      long[] moved = new long[3];
      FusedBlock.bytesMoved(backend);
      way.run(new Ops(backend, scope, null), get(p, "x"), p, z.dilation());
      moved[0] = FusedBlock.bytesMoved(backend);
      Tensor y = way.run(new Ops(backend, scope, tape), get(p, "x"), p, z.dilation());
      moved[1] = FusedBlock.bytesMoved(backend);
      Tensor dy = scope.tensor(y.type(), y.shape().dims());
      scope.clear(dy);
      FusedBlock.bytesMoved(backend);
      tape.backward(y, dy);
      moved[2] = FusedBlock.bytesMoved(backend);
      return moved;
    }
  }

  @ParameterizedTest
  @EnumSource
  void theFusedBlockMovesFewerBytes(Precision precision) {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(1), precision)) {
      long[] fused = moved(backend, Way.FUSED);
      long[] plain = moved(backend, Way.PLAIN);
      for (int phase = 0; phase < 3; phase++) {
        assertThat(fused[phase]).as("phase %d", phase).isLessThan(plain[phase]);
      }
    }
  }
}
