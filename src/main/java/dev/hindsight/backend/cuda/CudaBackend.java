package dev.hindsight.backend.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Degrees;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.ScopePool;
import dev.hindsight.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// The hand-written kernels on an NVIDIA GPU, float throughout, in one stream.
///
/// All device memory beside the scopes' is reserved when it opens. A backend serves one caller at a
/// time, from any thread.
public final class CudaBackend implements Backend {
  private final CudaDevice device;
  private final CudaMemory memory;
  private final Staging staging;
  private final ScopePool pool;
  private final DeviceDegrees degrees;
  private final LinearKernels linear;
  private final PointwiseKernels pointwise;
  private final long scratchBytes;
  private final Deque<AutoCloseable> parts;

  /// Opens a GPU.
  ///
  /// @throws BackendException in one line, when there is no driver, no such GPU, or the driver
  ///   cannot compile the kernels
  public static CudaBackend open(CudaOptions options) {
    CudaLibraries.requireDriver(options.driverAlreadyLoaded());
    var parts = new ArrayDeque<AutoCloseable>();
    try {
      return new CudaBackend(options, parts);
    } catch (RuntimeException e) {
      closeAll(parts, e);
      throw e;
    }
  }

  private CudaBackend(CudaOptions options, Deque<AutoCloseable> parts) {
    this.parts = parts;
    device = closing(new CudaDevice(options.device()));
    memory = new CudaMemory(device);
    Modules modules = closing(new Modules(device));
    Launcher launcher = closing(new Launcher(device));
    staging = closing(new Staging(device));
    degrees = closing(new DeviceDegrees(memory, staging));
    int given = options.multiprocessors();
    var shapes = new Shapes(given > 0 ? given : device.multiprocessors());
    scratchBytes = (long) shapes.slots() * Shapes.TILE * Shapes.TILE * Float.BYTES;
    long scratch = memory.reserve(scratchBytes, "split-K sums");
    closing(() -> memory.release(scratch));
    linear = new LinearKernels(modules, launcher, shapes, scratch);
    pointwise = new PointwiseKernels(modules, launcher, shapes, scratch);
    pool = closing(new ScopePool(memory));
    closing(device::synchronize);
  }

  private <T extends AutoCloseable> T closing(T part) {
    parts.push(part);
    return part;
  }

  /// Closes what was opened, last first, and all of it even when a part fails.
  private static void closeAll(Deque<AutoCloseable> parts, @Nullable RuntimeException first) {
    RuntimeException failure = first;
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) { // AutoCloseable says no more; every part here throws unchecked ones
        if (failure == null) {
          failure = e instanceof RuntimeException r ? r : new IllegalStateException(e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (first == null && failure != null) {
      throw failure;
    }
  }

  // ---- memory

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String describe() {
    return "cuda: " + device.facts() + ", fp32";
  }

  @Override
  public Scope open(String label) {
    return pool.open(label);
  }

  @Override
  public long reservedBytes() {
    return pool.reservedBytes() + scratchBytes + degrees.bytes();
  }

  @Override
  public void write(Tensor dst, float[] src) {
    staging.write(
        dst.address(),
        src.length,
        (host, from, count) ->
            MemorySegment.copy(src, (int) from, host, ValueLayout.JAVA_FLOAT, 0, count));
  }

  @Override
  public void write(Tensor dst, double[] src) {
    staging.write(
        dst.address(),
        src.length,
        (host, from, count) -> {
          for (int i = 0; i < count; i++) {
            host.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) src[(int) from + i]);
          }
        });
  }

  @Override
  public void write(Tensor dst, int[] src) {
    staging.write(
        dst.address(),
        src.length,
        (host, from, count) ->
            MemorySegment.copy(src, (int) from, host, ValueLayout.JAVA_INT, 0, count));
  }

  @Override
  public float[] readFloats(Tensor src) {
    var out = new float[Math.toIntExact(src.size())];
    staging.read(
        src.address(),
        out.length,
        (host, from, count) ->
            MemorySegment.copy(host, ValueLayout.JAVA_FLOAT, 0, out, (int) from, count));
    return out;
  }

  @Override
  public double[] readDoubles(Tensor src) {
    float[] floats = readFloats(src);
    var out = new double[floats.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = floats[i];
    }
    return out;
  }

  @Override
  public int[] readInts(Tensor src) {
    var out = new int[Math.toIntExact(src.size())];
    staging.read(
        src.address(),
        out.length,
        (host, from, count) ->
            MemorySegment.copy(host, ValueLayout.JAVA_INT, 0, out, (int) from, count));
    return out;
  }

  @Override
  public void fill(Tensor dst, float value) {
    memory.fill(dst.address(), dst.size(), Float.floatToRawIntBits(value));
  }

  @Override
  public void copy(Tensor src, Tensor dst) {
    if (src.size() > 0) {
      device.bind();
      Cuda.check(
          cuMemcpyDtoDAsync(
              Cuda.pointer(dst.address()),
              Cuda.pointer(src.address()),
              src.size() * Float.BYTES,
              device.stream()),
          "a copy on the GPU");
    }
  }

  @Override
  public void synchronize() {
    device.synchronize();
  }

  @Override
  public void close() {
    closeAll(parts, null);
  }

  // ---- dense

  @Override
  public void linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y) {
    requireFusible(f);
    if (y.size() > 0) {
      linear.linear(x, w, b, f, y);
    }
  }

  @Override
  public void linearBackward(
      Tensor x,
      Tensor w,
      Activation f,
      Tensor y,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    if (dy.size() == 0) {
      return;
    }
    beforeActivation(f, y, dy);
    if (dx != null && dx.size() > 0) {
      linear.linearDx(dy, w, dx);
    }
    if (dw != null && dw.size() > 0) {
      linear.linearDw(dy, x, dw);
    }
    if (db != null) {
      linear.columnSum(dy, db);
    }
  }

  @Override
  public void maskedLinear(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    requireFusible(f);
    if (y.size() > 0 && from < to) {
      linear.maskedLinear(x, w, b, degrees, this.degrees.of(degrees), f, from, to, y);
    }
  }

  @Override
  public void maskedLinearBackward(
      Tensor x,
      Tensor w,
      Degrees degrees,
      Activation f,
      Tensor y,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    if (dy.size() == 0) {
      return;
    }
    beforeActivation(f, y, dy);
    var stairs = this.degrees.of(degrees);
    if (dx != null && dx.size() > 0) {
      linear.maskedDx(dy, w, degrees, stairs, dx);
    }
    if (dw != null && dw.size() > 0) {
      linear.maskedDw(dy, x, degrees, stairs, dw);
    }
    if (db != null) {
      linear.columnSum(dy, db);
    }
  }

  private void beforeActivation(Activation f, Tensor y, Tensor dy) {
    requireFusible(f);
    if (f != Activation.IDENTITY) {
      pointwise.activateBackwardInPlace(f, y, dy);
    }
  }

  private static void requireFusible(Activation f) {
    if (!f.derivativeFollowsFromOutput()) {
      throw new IllegalArgumentException(
          "cuda: wanted an activation that a linear layer can fuse, got %s; use activate"
              .formatted(f));
    }
  }

  // ---- pointwise

  @Override
  public void activate(Activation f, Tensor x, Tensor y) {
    if (x.size() > 0) {
      pointwise.activate(f, x, y);
    }
  }

  @Override
  public void activateBackward(Activation f, Tensor x, Tensor y, Tensor dy, Tensor dx) {
    if (dx.size() > 0) {
      pointwise.activateBackward(f, x, y, dy, dx);
    }
  }

  @Override
  public void add(Tensor a, Tensor b, Tensor y) {
    if (y.size() > 0) {
      pointwise.add(a, b, y);
    }
  }

  @Override
  public void accumulate(Tensor src, Tensor dst) {
    if (dst.size() > 0) {
      pointwise.accumulate(src, dst);
    }
  }

  // ---- loss

  @Override
  public void sigmoidCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    if (nll.size() > 0) {
      pointwise.sigmoidCrossEntropy(logits, target, scale, nll, dlogits);
    }
  }

  // ---- optimiser

  @Override
  public void norm(Tensor x, Tensor out) {
    pointwise.norm(x, out);
  }

  @Override
  public void adam(Tensor w, Tensor dw, Tensor m, Tensor v, @Nullable Tensor norm, AdamStep step) {
    if (w.size() > 0) {
      pointwise.adam(w, dw, m, v, norm, step);
    }
  }

  // ---- randomness

  @Override
  public void uniform(RandomKey key, Tensor out) {
    if (out.size() > 0) {
      pointwise.uniform(key, out);
    }
  }

  @Override
  public void normal(RandomKey key, float std, Tensor out) {
    if (out.size() > 0) {
      pointwise.normal(key, std, out);
    }
  }

  @Override
  public void bernoulli(
      RandomKey key, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    if (logits.size() > 0 && from < to) {
      pointwise.bernoulli(key, logits, temperature, from, to, pixels);
    }
  }
}
