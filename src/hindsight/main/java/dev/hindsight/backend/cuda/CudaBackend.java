package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Families;
import dev.hindsight.backend.FamilyClasses;
import dev.hindsight.backend.GpuStream;
import dev.hindsight.backend.Graph;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.device.CapturedGraphs;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.device.CudaLibraries;
import dev.hindsight.backend.cuda.device.CudaMemory;
import dev.hindsight.backend.cuda.device.DeferredReads;
import dev.hindsight.backend.cuda.device.DeviceFacts;
import dev.hindsight.backend.cuda.device.Resources;
import dev.hindsight.backend.cuda.device.Staging;
import dev.hindsight.backend.cuda.draw.PixelSampling;
import dev.hindsight.backend.cuda.launch.CopyColumns;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.Modules;
import dev.hindsight.backend.cuda.launch.Uploads;
import dev.hindsight.backend.cuda.lstm.LstmOnTensorCores;
import dev.hindsight.backend.cuda.lstm.LstmSchedule;
import dev.hindsight.backend.cuda.lstm.PersistentLstm;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;

/// The hand-written kernels on an NVIDIA GPU, in one stream. A call runs in the type of the
/// activations that it is given; with tf32 the factors of products of fp32 are rounded.
///
/// All device memory beside the scopes' is reserved when it opens. A backend serves one caller at a
/// time, from any thread.
public final class CudaBackend implements Backend {
  /// Compute capability from which on memory can be copied to shared memory asynchronously.
  private static final int ASYNCHRONOUS = 80;

  private final CudaDevice device;
  private final Precision precision;
  private final CudaMemory memory;
  private final Staging staging;
  private final DeferredReads deferredReads;
  private final CapturedGraphs graphs;
  private final Uploads uploads;
  private final Kernels kernels;
  private final CudaSampling sampling;
  private final CopyColumns copyColumns;
  private final Families families;
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
      Resources.closeAll(parts, e);
      throw e;
    }
  }

  private CudaBackend(CudaOptions options, Deque<AutoCloseable> parts) {
    this.parts = parts;
    precision = options.precision();
    device = closing(new CudaDevice(options.device(), precision));
    memory = new CudaMemory(device);
    Modules modules = closing(new Modules(device, precision));
    KernelLauncher launcher = closing(new KernelLauncher(device));
    staging = closing(new Staging(device));
    deferredReads = closing(new DeferredReads(device));
    uploads = closing(new Uploads(memory, staging));
    int given = options.multiprocessors();
    var geometry =
        new LaunchGeometry(
            given > 0 ? given : device.multiprocessors(),
            Math.min(options.sharedBytes(), device.sharedBytesPerBlock()));
    scratchBytes = geometry.counterBytes() + geometry.scratchBytes();
    long counters = memory.reserve(scratchBytes, "sums of chunks");
    closing(() -> memory.release(counters));
    memory.zero(counters, geometry.counterBytes());
    long scratch = counters + geometry.counterBytes();
    int capability = options.capability() > 0 ? options.capability() : device.capability();
    kernels = new Kernels(modules, launcher, geometry, scratch, capability >= ASYNCHRONOUS);
    var residence = new PersistentLstm(modules, device, options.sharedBytes());
    var byPixel = new PixelSampling(kernels, memory, staging, device);
    sampling = closing(new CudaSampling(kernels, uploads, residence, byPixel));
    copyColumns = new CopyColumns(kernels);
    copyColumns.load(); // the smallest of all: whether the driver can compile is known from here on
    var tensorCores =
        new LstmOnTensorCores(kernels, residence, device.multiprocessors(), capability);
    var schedule = new LstmSchedule(geometry, device.multiprocessors(), capability);
    var lstm = new CudaLstm(kernels, memory, residence, schedule, tensorCores);
    var byHead = new AttentionByHead(kernels, device, options.sharedBytes());
    var attention = new CudaCausalAttention(kernels, byHead);
    families =
        new FamilyClasses(CudaBackend.class, kernels, uploads, memory, attention, lstm, sampling)
            .families();
    graphs = closing(new CapturedGraphs(device, memory));
    closing(device::finish);
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

  /// How long sums are split follows the number of multiprocessors.
  @Override
  public String numerics() {
    DeviceFacts facts = device.facts();
    return "%s, %d multiprocessors".formatted(facts.name(), facts.multiprocessors());
  }

  @Override
  public Precision precision() {
    return precision;
  }

  @Override
  public Scope open(String label) {
    return graphs.scope(label);
  }

  @Override
  public Graph graph(String label) {
    return graphs.add(label);
  }

  @Override
  public long reservedBytes() {
    return graphs.reservedBytes() + scratchBytes + uploads.bytes() + sampling.bytes();
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
  public int[] readInts(Tensor src) {
    return staging.readInts(src);
  }

  @Override
  public float[] readFloats(Tensor src) {
    return staging.readFloats(src);
  }

  @Override
  public Supplier<float[]> readLater(Tensor src) {
    return deferredReads.start(src);
  }

  @Override
  public double[] readDoubles(Tensor src) {
    return staging.readDoubles(src);
  }

  @Override
  public void fill(Tensor dst, float value) {
    memory.fill(dst, value);
  }

  @Override
  public void copy(Tensor src, Tensor dst) {
    if (src.type() == ElementType.FP32 && dst.type() == ElementType.BF16) {
      copyColumns.rounded(src, dst);
      return;
    }
    if (src.type() != dst.type()) {
      throw new IllegalArgumentException(
          "cuda: %s cannot be copied onto %s, which is of another type".formatted(src, dst));
    }
    memory.copy(src.address(), dst.address(), src.bytes());
  }

  @Override
  public void copyColumns(Tensor src, int from, Tensor dst, int to, int count) {
    copyColumns.copy(src, from, dst, to, count);
  }

  @Override
  public boolean asynchronous() {
    return true;
  }

  @Override
  public void synchronize() {
    device.synchronize();
  }

  @Override
  public GpuStream gpuStream() {
    return device;
  }

  @Override
  public void close() {
    Resources.closeAll(parts, null);
  }

  /// See [CudaKernel#load].
  CudaKernel kernel(String ptx, String name) {
    return CudaKernel.of(name, ptx, device, kernels);
  }

  CudaDevice device() {
    return device;
  }

  @Override
  public Families families() {
    return families;
  }
}
