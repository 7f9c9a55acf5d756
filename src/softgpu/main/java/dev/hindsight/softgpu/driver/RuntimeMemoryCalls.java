package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.device.GlobalVariable;

/// CUDA's runtime library: allocations, copies and fills.
final class RuntimeMemoryCalls extends Calls {
  private static final int HOST_TO_HOST = 0;
  private static final int TO_DEVICE = 1;
  private static final int TO_HOST = 2;
  private static final int ON_DEVICE = 3;
  private static final int ANY = 4;

  private final MemoryCalls memory;
  private final Registrations registered;

  RuntimeMemoryCalls(Driver driver, MemoryCalls memory, Registrations registered) {
    super(driver);
    this.memory = memory;
    this.registered = registered;
  }

  /// Nothing of no bytes.
  void cudaMalloc(long address, long bytes) {
    Host.putLong(address, bytes == 0 ? 0 : memory.allocate("cudaMalloc", bytes));
  }

  /// Work is done when its call returns, so it is there and gone at once.
  void cudaMallocAsync(long address, long bytes, long stream) {
    stream(stream);
    Host.putLong(address, bytes == 0 ? 0 : memory.allocate("cudaMallocAsync", bytes));
  }

  void cudaFreeAsync(long address, long stream) {
    stream(stream);
    memory.cuMemFree(address);
  }

  void cudaMallocPitch(long address, long pitch, long width, long height) {
    memory.cuMemAllocPitch(address, pitch, width, height, 4);
  }

  @Shorter("cudaMemcpy")
  void cudaMemcpyAsync(long target, long source, long bytes, int kind, long stream) {
    copy(target, source, bytes, kind, stream);
  }

  private void copy(long target, long source, long bytes, int kind, long stream) {
    require(kind >= HOST_TO_HOST && kind <= ANY, "wanted a kind of copy 0..4, got %d", kind);
    require(bytes >= 0, "wanted 0 or more bytes, got %d", bytes);
    Copy copy =
        switch (kind) {
          case TO_DEVICE -> Copy.toDevice(target, source, bytes);
          case TO_HOST -> Copy.toHost(target, source, bytes);
          case ON_DEVICE -> Copy.onDevice(target, source, bytes);
          default -> Copy.unified(target, source, bytes);
        };
    submit(stream, new Work.CopyBytes(copy));
  }

  void cudaMemcpyPeer(long target, int targetDevice, long source, int sourceDevice, long bytes) {
    DeviceProperties.check(targetDevice);
    DeviceProperties.check(sourceDevice);
    copy(target, source, bytes, ON_DEVICE, 0);
  }

  @Shorter("cudaMemcpy2D")
  void cudaMemcpy2DAsync(
      long target,
      long targetPitch,
      long source,
      long sourcePitch,
      long width,
      long height,
      int kind,
      long stream) {
    require(kind >= HOST_TO_HOST && kind <= ANY, "wanted a kind of copy 0..4, got %d", kind);
    require(
        width <= targetPitch && width <= sourcePitch,
        "wanted rows of at most their pitch, got %d bytes in %d and %d",
        width,
        sourcePitch,
        targetPitch);
    boolean from = kind == ANY ? Copy.isDevice(source) : kind == TO_HOST || kind == ON_DEVICE;
    boolean to = kind == ANY ? Copy.isDevice(target) : kind == TO_DEVICE || kind == ON_DEVICE;
    Copy.Side sourceSide = new Copy.Side(from, source, sourcePitch, height);
    Copy.Side targetSide = new Copy.Side(to, target, targetPitch, height);
    Copy copy = new Copy(sourceSide, targetSide, width, height, 1);
    submit(stream, new Work.CopyBytes(copy));
  }

  @Shorter("cudaMemcpyToSymbol")
  void cudaMemcpyToSymbolAsync(
      long symbol, long source, long bytes, long offset, int kind, long stream) {
    copy(inside(symbol, offset, bytes), source, bytes, kind, stream);
  }

  @Shorter("cudaMemcpyFromSymbol")
  void cudaMemcpyFromSymbolAsync(
      long target, long symbol, long bytes, long offset, int kind, long stream) {
    copy(target, inside(symbol, offset, bytes), bytes, kind, stream);
  }

  private long inside(long symbol, long offset, long bytes) {
    GlobalVariable variable = registered.variable(symbol);
    require(
        offset >= 0 && bytes >= 0 && offset <= variable.bytes() - bytes,
        "%d bytes at offset %d do not fit a variable of %d bytes",
        bytes,
        offset,
        variable.bytes());
    return variable.address() + offset;
  }

  void cudaGetSymbolAddress(long address, long symbol) {
    Host.putLong(address, registered.variable(symbol).address());
  }

  void cudaGetSymbolSize(long bytes, long symbol) {
    Host.putLong(bytes, registered.variable(symbol).bytes());
  }

  @Shorter("cudaMemset")
  void cudaMemsetAsync(long target, int value, long bytes, long stream) {
    submit(stream, new Work.FillBytes(Fill.flat(target, (byte) value, 1, bytes)));
  }

  @Shorter("cudaMemset2D")
  void cudaMemset2DAsync(long target, long pitch, int value, long width, long height, long stream) {
    submit(stream, new Work.FillBytes(new Fill(target, pitch, (byte) value, 1, width, height)));
  }

  @SuppressWarnings("DoNotCallSuggester") // the shim calls it
  void cudaMallocManaged(long address, long bytes, int flags) {
    throw new DriverException(
        CudaResult.NOT_SUPPORTED, "the software GPU has no managed memory; use cudaMalloc");
  }
}
