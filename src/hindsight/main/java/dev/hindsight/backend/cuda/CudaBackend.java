package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.Attention;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Convolution;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Inputs;
import dev.hindsight.backend.Normalization;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.Recording;
import dev.hindsight.backend.Recurrence;
import dev.hindsight.backend.Sampling;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// The hand-written kernels on an NVIDIA GPU, in one stream. Everything is float but, where tf32 or
/// bf16 is asked for, the factors of matrix products.
///
/// All device memory beside the scopes' is reserved when it opens. A backend serves one caller at a
/// time, from any thread.
public final class CudaBackend implements Backend {
  private final CudaDevice device;
  private final Precision precision;
  private final CudaMemory memory;
  private final Staging staging;
  private final Recordings recordings;
  private final DeviceDegrees degrees;
  private final LinearKernels linear;
  private final PointwiseKernels pointwise;
  private final SamplingKernels sampling;
  private final Convolution convolution;
  private final Normalization normalization;
  private final Attention attention;
  private final Recurrence recurrence;
  private final Inputs inputs;
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
      Parts.closeAll(parts, e);
      throw e;
    }
  }

  private CudaBackend(CudaOptions options, Deque<AutoCloseable> parts) {
    this.parts = parts;
    precision = options.precision();
    device = closing(new CudaDevice(options.device(), precision));
    memory = new CudaMemory(device);
    Modules modules = closing(new Modules(device, precision));
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
    convolution = new ConvolutionKernels(modules, launcher, shapes, scratch, linear);
    normalization = new NormalizationKernels(modules, launcher, shapes, scratch);
    attention = new AttentionKernels(modules, launcher, shapes);
    var residence = new LstmResidence(modules, device, options.lstmSharedBytes());
    sampling = closing(new SamplingKernels(modules, launcher, shapes, memory, staging, residence));
    recurrence = new RecurrenceKernels(modules, launcher, shapes, memory, scratch, residence);
    inputs = new InputKernels(modules, launcher, shapes, scratch);
    recordings = closing(new Recordings(device, memory));
    closing(device::synchronize);
  }

  private <T extends AutoCloseable> T closing(T part) {
    parts.push(part);
    return part;
  }

  // ---- memory

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String describe() {
    return "cuda: %s, %s".formatted(device.facts(), precision.label());
  }

  @Override
  public Precision precision() {
    return precision;
  }

  @Override
  public Scope open(String label) {
    return recordings.scope(label);
  }

  @Override
  public Recording record(String label) {
    return recordings.add(label);
  }

  @Override
  public long reservedBytes() {
    return recordings.reservedBytes() + scratchBytes + degrees.bytes() + sampling.bytes();
  }

  @Override
  public void write(Tensor dst, float[] src) {
    staging.write(dst, src);
  }

  @Override
  public void write(Tensor dst, double[] src) {
    staging.write(dst, src);
  }

  @Override
  public void write(Tensor dst, int[] src) {
    staging.write(dst.address(), src);
  }

  @Override
  public float[] readFloats(Tensor src) {
    return staging.readFloats(src);
  }

  @Override
  public double[] readDoubles(Tensor src) {
    return staging.readDoubles(src);
  }

  @Override
  public int[] readInts(Tensor src) {
    return staging.readInts(src);
  }

  @Override
  public void fill(Tensor dst, float value) {
    memory.fill(dst.address(), dst.size(), Float.floatToRawIntBits(value));
  }

  @Override
  public void copy(Tensor src, Tensor dst) {
    memory.copy(src.address(), dst.address(), src.size() * Float.BYTES);
  }

  @Override
  public void copyColumn(Tensor src, int from, Tensor dst, int to) {
    if (src.rows() > 0) {
      pointwise.copyColumn(src, from, dst, to);
    }
  }

  @Override
  public void synchronize() {
    device.synchronize();
  }

  @Override
  public void close() {
    Parts.closeAll(parts, null);
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
  public void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y) {
    if (y.size() > 0) {
      linear.linearGelu(x, w, b, before, y);
    }
  }

  @Override
  public void linearGeluBackward(
      Tensor x,
      Tensor w,
      Tensor before,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    if (dy.size() > 0) {
      pointwise.activateBackwardInPlace(Activation.GELU, before, dy);
      linear.gradients(x, w, dy, dx, dw, db);
    }
  }

  @Override
  public void linearAdd(Tensor x, Tensor w, Tensor b, Tensor residual, Tensor y) {
    if (y.size() > 0) {
      linear.linearAdd(x, w, b, residual, y);
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
    if (dy.size() > 0) {
      beforeActivation(f, y, dy);
      linear.gradients(x, w, dy, dx, dw, db);
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
          "cuda: wanted an activation that a linear layer can fuse, got %s; use linearGelu"
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

  @Override
  public void dropout(Tensor draw, long offset, float rate, Tensor x, Tensor y) {
    if (y.size() > 0) {
      pointwise.dropout(draw, offset, rate, false, x, y);
    }
  }

  @Override
  public void dropoutBackward(Tensor draw, long offset, float rate, Tensor dy, Tensor dx) {
    if (dx.size() > 0) {
      pointwise.dropout(draw, offset, rate, true, dy, dx);
    }
  }

  // ---- families

  @Override
  public Convolution convolution() {
    return convolution;
  }

  @Override
  public Normalization normalization() {
    return normalization;
  }

  @Override
  public Attention attention() {
    return attention;
  }

  @Override
  public Recurrence recurrence() {
    return recurrence;
  }

  @Override
  public Inputs inputs() {
    return inputs;
  }

  @Override
  public Sampling sampling() {
    return sampling;
  }

  @Override
  public boolean asynchronous() {
    return true;
  }

  // ---- loss

  @Override
  public void sigmoidCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    if (nll.size() > 0) {
      pointwise.sigmoidCrossEntropy(logits, target, scale, nll, dlogits);
    }
  }

  @Override
  public void softmaxCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    if (nll.size() > 0) {
      pointwise.softmaxCrossEntropy(logits, target, scale, nll, dlogits);
    }
  }

  // ---- optimiser

  @Override
  public void norm(Tensor x, Tensor out) {
    pointwise.norm(x, out);
  }

  @Override
  public void adam(
      Tensor w,
      Tensor dw,
      Tensor m,
      Tensor v,
      @Nullable Tensor norm,
      Tensor numbers,
      AdamRule rule) {
    if (w.size() > 0) {
      pointwise.adam(w, dw, m, v, norm, numbers, rule);
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
      Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    if (logits.size() > 0 && from < to) {
      pointwise.bernoulli(draw, logits, temperature, from, to, pixels);
    }
  }
}
