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
  private final PoolCalls pools;
  private final Registrations registered;

  RuntimeMemoryCalls(Driver driver, MemoryCalls memory, PoolCalls pools, Registrations registered) {
    super(driver);
    this.memory = memory;
    this.pools = pools;
    this.registered = registered;
  }

  /// Nothing of no bytes.
  void cudaMalloc(long address, long bytes) {
    Host.putLong(address, bytes == 0 ? 0 : memory.allocate("cudaMalloc", bytes));
  }

  void cudaMallocAsync(long address, long bytes, long stream) {
    cudaMallocFromPoolAsync(address, bytes, pools.inUse(), stream);
  }

  void cudaMallocFromPoolAsync(long address, long bytes, long pool, long stream) {
    if (bytes == 0) {
      Host.putLong(address, 0);
    } else {
      pools.from("cudaMallocAsync", address, bytes, pool, stream);
    }
  }

  void cudaMallocPitch(long address, long pitch, long width, long height) {
    memory.cuMemAllocPitch(address, pitch, width, height, 4);
  }

  @Shorter("cudaMemcpy")
  void cudaMemcpyAsync(long target, long source, long bytes, int kind, long stream) {
    copy(target, source, bytes, kind, stream);
  }

  private void copy(long target, long source, long bytes, int kind, long stream) {
    submit(stream, new Work.CopyBytes(flat(target, source, bytes, kind)));
  }

  private static void checkKind(int kind) {
    if (kind < HOST_TO_HOST || kind > ANY) {
      throw new DriverException(
          CudaResult.INVALID_MEMCPY_DIRECTION, "wanted a kind of copy 0..4, got " + kind);
    }
  }

  /// A copy in the direction that the program says.
  static Copy flat(long target, long source, long bytes, int kind) {
    checkKind(kind);
    require(bytes >= 0, "wanted 0 or more bytes, got %d", bytes);
    return switch (kind) {
      case TO_DEVICE -> Copy.toDevice(target, source, bytes);
      case TO_HOST -> Copy.toHost(target, source, bytes);
      case ON_DEVICE -> Copy.onDevice(target, source, bytes);
      default -> Copy.unified(target, source, bytes);
    };
  }

  /// Whether the source, or else the target, of a copy of this kind is the device's.
  static boolean onDevice(int kind, boolean source, long address) {
    checkKind(kind);
    return kind == ANY
        ? Copy.isDevice(address)
        : kind == ON_DEVICE || kind == (source ? TO_HOST : TO_DEVICE);
  }

  @Shorter("cudaMemcpyPeer")
  void cudaMemcpyPeerAsync(
      long target, int targetDevice, long source, int sourceDevice, long bytes, long stream) {
    DeviceProperties.check(targetDevice);
    DeviceProperties.check(sourceDevice);
    copy(target, source, bytes, ON_DEVICE, stream);
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
    require(
        width <= targetPitch && width <= sourcePitch,
        "wanted rows of at most their pitch, got %d bytes in %d and %d",
        width,
        sourcePitch,
        targetPitch);
    Copy.Side sourceSide = new Copy.Side(onDevice(kind, true, source), source, sourcePitch, height);
    Copy.Side targetSide =
        new Copy.Side(onDevice(kind, false, target), target, targetPitch, height);
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
    return inside(registered, symbol, offset, bytes);
  }

  /// The address of a part of a variable.
  static long inside(Registrations registered, long symbol, long offset, long bytes) {
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

  void cudaMallocManaged(long address, long bytes, int flags) {
    Host.putLong(address, memory.allocateManaged("cudaMallocManaged", bytes, flags));
  }

  /// Fills a `cudaPitchedPtr` from a `cudaExtent`.
  void cudaMalloc3D(long pitched, long extent) {
    long width = Host.getLong(extent);
    long height = Host.getLong(extent + 8);
    cudaMallocPitch(pitched, pitched + 8, width, height * Host.getLong(extent + 16));
    Host.putLong(pitched + 16, width);
    Host.putLong(pitched + 24, height);
  }

  /// `pitched` is a `cudaPitchedPtr`, `extent` a `cudaExtent`.
  @Shorter("cudaMemset3D")
  void cudaMemset3DAsync(long pitched, int value, long extent, long stream) {
    long pitch = Host.getLong(pitched + 8);
    long rows = Host.getLong(extent + 8);
    for (long z = 0; z < Host.getLong(extent + 16); z++) {
      long slice = Host.getLong(pitched) + z * pitch * Host.getLong(pitched + 24);
      cudaMemset2DAsync(slice, pitch, value, Host.getLong(extent), rows, stream);
    }
  }
}
