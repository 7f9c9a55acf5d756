package dev.example;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
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

/// An op that Hindsight does not have, `softsign(x) = x / (1 + |x|)`, with its own CUDA kernels:
/// forward and backward, compared with plain Java. It runs on the software GPU, which checks every
/// access; on a GPU nothing changes but how the backend is opened.
final class CustomOp {
  private static final int THREADS = 128;

  private final CudaKernel forward;
  private final CudaKernel backward;

  /// @param backend `cuda`, on a GPU or in software
  CustomOp(Backend backend) throws IOException {
    try (InputStream in = CustomOp.class.getResourceAsStream("softsign.ptx")) {
      byte[] text = Objects.requireNonNull(in, "softsign.ptx").readAllBytes();
      String ptx = new String(text, StandardCharsets.US_ASCII);
      forward = CudaKernel.load(backend, ptx, "softsign");
      backward = CudaKernel.load(backend, ptx, "softsign_backward");
    }
  }

  /// y = x / (1 + |x|), of any shape
  Tensor softsign(Ops ops, Tensor x) {
    Tensor y = ops.scope().floats(x.shape().dims());
    launch(forward, x.size(), x, y, x.size());
    return ops.record(
        y,
        (tape, dy) -> {
          Tensor dx = tape.grad(x);
          if (dx != null) {
            launch(backward, x.size(), x, dy, dx, x.size());
          }
        });
  }

  private static void launch(CudaKernel kernel, long count, Object... arguments) {
    int blocks = Math.toIntExact((count + THREADS - 1) / THREADS);
    kernel.launch(Extent.of(blocks), Extent.of(THREADS), 0, arguments);
  }

  public static void main(String[] args) throws IOException {
    float[] values = new float[1000];
    float[] slopes = new float[values.length];
    for (int k = 0; k < values.length; k++) {
      values[k] = (k - 500) / 50f;
      slopes[k] = 1 + k / 100f;
    }
    try (Backend backend = Backends.openSoftwareGpu();
        Scope scope = backend.open("example")) {
      System.out.println(backend.describe());
      var op = new CustomOp(backend);
      Tensor x = scope.floats(values.length);
      Tensor dx = scope.zeros(values.length);
      Tensor dy = scope.floats(values.length);
      backend.write(x, values);
      backend.write(dy, slopes);
      Tape tape = new Tape(scope);
      tape.bind(x, dx);
      Tensor y = op.softsign(new Ops(backend, scope, tape), x);
      tape.backward(y, dy);

      float[] gotY = backend.readFloats(y);
      float[] gotDx = backend.readFloats(dx);
      for (int k = 0; k < values.length; k++) {
        double below = 1 + Math.abs((double) values[k]);
        requireClose("y", k, gotY[k], values[k] / below);
        requireClose("dx", k, gotDx[k], slopes[k] / (below * below));
      }
    }
    if (Backends.softwareFindings() > 0) {
      throw new AssertionError("the software GPU has found a mistake in a kernel");
    }
    System.out.printf("%d values and gradients are those of plain Java%n", values.length);
  }

  private static void requireClose(String what, int k, double got, double wanted) {
    if (!(Math.abs(got - wanted) <= 1e-6 * (1 + Math.abs(wanted)))) {
      throw new AssertionError("%s[%d] is %s, wanted %s".formatted(what, k, got, wanted));
    }
  }
}
