package dev.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Graph;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// An op as a user of the library writes it, with its own kernel, from what is public.
class OwnOpTest {
  private static final Backend GPU = Backends.openSoftwareGpu();
  private static final int BLOCK = 64;
  private static final float SCALE = 0.5f;

  @AfterAll
  static void close() {
    GPU.close();
    assertThat(Backends.softwareFindings()).isZero();
  }

  private static String ptx() {
    try (InputStream in = OwnOpTest.class.getResourceAsStream("square.ptx")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static final CudaKernel SQUARE = CudaKernel.load(GPU, ptx(), "square");
  private static final CudaKernel BACKWARD = CudaKernel.load(GPU, ptx(), "square_backward");

  /// y = x² / 2
  private static Tensor square(Ops ops, Tensor x) {
    int n = Math.toIntExact(x.size());
    Extent grid = Extent.of((n + BLOCK - 1) / BLOCK);
    Tensor y = ops.scope().floats(x.shape().dims());
    SQUARE.launch(grid, Extent.of(BLOCK), 0, x, y, SCALE, n);
    return ops.record(
        y,
        (tape, dy) -> {
          Tensor dx = tape.grad(x);
          if (dx != null) {
            BACKWARD.launch(grid, Extent.of(BLOCK), 0, x, dy, dx, SCALE, (long) n);
          }
        });
  }

  private static float[] ramp(int n, float step) {
    float[] values = new float[n];
    for (int k = 0; k < n; k++) {
      values[k] = step * (k - n / 2);
    }
    return values;
  }

  /// Plain, then recorded, then as a graph, of other values each time.
  @Test
  void anOwnOpGoesBothWaysAndIntoGraphs() {
    int n = 130;
    try (Graph graph = GPU.graph("own op");
        Scope scope = graph.open("operands")) {
      Tensor x = scope.floats(n);
      Tensor dx = scope.floats(n);
      Tensor y = scope.floats(n);
      for (float step : new float[] {0.25f, 0.5f, 1}) {
        float[] values = ramp(n, step);
        GPU.write(x, values);
        GPU.fill(dx, 1);
        graph.run(
            () -> {
              try (Scope own = GPU.open("step")) {
                Tape tape = new Tape(own);
                tape.bind(x, dx);
                Ops ops = new Ops(GPU, own, tape);
                Tensor squared = square(ops, ops.activate(Activation.IDENTITY, x));
                GPU.copy(squared, y);
                Tensor dy = own.floats(n);
                GPU.fill(dy, 4);
                tape.backward(squared, dy);
              }
            },
            x,
            dx,
            y);
        float[] gotY = GPU.readFloats(y);
        float[] gotDx = GPU.readFloats(dx);
        for (int k = 0; k < n; k++) {
          assertThat(gotY[k]).isEqualTo(SCALE * values[k] * values[k]);
          assertThat(gotDx[k]).isEqualTo(1 + 4 * values[k]);
        }
      }
    }
  }

  @Test
  void whatDoesNotFitIsOneLine() {
    try (Scope scope = GPU.open("test")) {
      Tensor x = scope.zeros(4);
      assertThatThrownBy(() -> SQUARE.launch(Extent.of(1), Extent.of(BLOCK), 0, x, x, SCALE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              "kernel square: takes (u64, u64, f32, u32) but got (Tensor, Tensor, Float);");
      assertThatThrownBy(() -> SQUARE.launch(Extent.of(1), Extent.of(BLOCK), 0, x, x, 4, 4))
          .hasMessageContaining("but got (Tensor, Tensor, Integer, Integer);");
      SQUARE.launch(Extent.of(0), Extent.of(BLOCK), 0, x, x, SCALE, 0); // nothing to do
    }
    assertThatThrownBy(() -> CudaKernel.load(GPU, ptx(), "cube"))
        .hasMessage("kernel cube: the PTX has no .entry of this name; is it extern \"C\"?");
    assertThatThrownBy(() -> CudaKernel.load(GPU, ptx().replace("ret;", "ret"), "square"))
        .isInstanceOf(BackendException.class)
        .hasMessageStartingWith("cuda: wanted the driver to compile the PTX of square, got ")
        .message()
        .doesNotContain("\n");
    try (Backend cpu = Backends.open("cpu")) {
      assertThatThrownBy(() -> CudaKernel.load(cpu, ptx(), "square"))
          .hasMessage(
              "kernel square: wanted the cuda backend to launch it, got cpu; open cuda, or compute in Java");
    }
  }

  /// A driver allows more than 48 KiB of shared memory when asked in the thread that launches.
  @Test
  void anyThreadMayLaunchWithMuchSharedMemory() throws Exception {
    try (Scope scope = GPU.open("test");
        var other = Executors.newSingleThreadExecutor()) {
      Tensor x = scope.floats(3);
      Tensor y = scope.zeros(3);
      GPU.write(x, new float[] {1, 2, 3});
      CudaKernel square = CudaKernel.load(GPU, ptx(), "square");
      other
          .submit(() -> square.launch(Extent.of(1), Extent.of(BLOCK), 50_000, x, y, SCALE, 3))
          .get();
      assertThat(GPU.readFloats(y)).containsExactly(0.5f, 2, 4.5f);
    }
  }

  /// A loss of one's own: the mean over what is predicted is the tape's.
  @Test
  void anOwnLossBeginsTheWayBack() {
    try (Scope scope = GPU.open("test")) {
      Tape tape = new Tape(scope);
      Tensor x = scope.floats(8);
      Tensor dx = scope.zeros(8);
      GPU.write(x, ramp(8, 1));
      tape.bind(x, dx);
      Ops ops = new Ops(GPU, scope, tape);
      Tensor y = square(ops, x);
      Tensor ones = scope.floats(8);
      GPU.fill(ones, 1);
      Tensor loss =
          ops.recordLoss(
              y,
              y.size(),
              (t, scale) -> {
                Tensor dy = Objects.requireNonNull(t.grad(y));
                Tensor all = scope.floats(8);
                GPU.fill(all, scale);
                GPU.add().accumulate(all, dy);
              });
      tape.backward(loss);
      assertThat(GPU.readFloats(dx)).isEqualTo(ramp(8, 1 / 8f));
      assertThatThrownBy(() -> tape.backward(x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "tape: backward wants a loss of this tape but got (8); give what a cross-entropy returned");
    }
  }
}
