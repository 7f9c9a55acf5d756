package dev.hindsight.backend.cuda.device;

import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD16Async;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Memory;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;

/// Device memory in large pieces.
public final class CudaMemory implements Memory {
  private final CudaDevice device;
  private final Map<Long, CUdeviceptr> pieces = new HashMap<>();

  /// cuMemAlloc tells its address only to subclasses.
  private static final class Piece extends CUdeviceptr {
    long address() {
      return getNativePointer() + getByteOffset();
    }
  }

  public CudaMemory(CudaDevice device) {
    this.device = device;
  }

  @Override
  public long reserve(long bytes, String label) {
    device.requireNoCapture("%d bytes of GPU memory for '%s'".formatted(bytes, label));
    device.bind();
    var piece = new Piece();
    int result = cuMemAlloc(piece, bytes);
    if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      throw outOfMemory(bytes, label);
    }
    Cuda.check(result, "cuMemAlloc of %d bytes for '%s'".formatted(bytes, label));
    pieces.put(piece.address(), piece);
    return piece.address();
  }

  private static OutOfMemoryException outOfMemory(long bytes, String label) {
    long[] free = new long[1];
    long[] total = new long[1];
    Cuda.check(cuMemGetInfo(free, total), "cuMemGetInfo");
    double mebi = 1L << 20;
    return new OutOfMemoryException(
        "cuda: wanted %.1f MiB of GPU memory for '%s', got %.1f MiB free of %.1f MiB; use a smaller --batch or a smaller preset"
            .formatted(bytes / mebi, label, free[0] / mebi, total[0] / mebi));
  }

  @Override
  public void release(long address) {
    device.requireNoCapture("to release GPU memory");
    device.bind();
    CUdeviceptr piece = pieces.remove(address);
    if (piece == null) {
      throw new IllegalArgumentException(
          "cuda: wanted to release 0x%x, which was never reserved".formatted(address));
    }
    Cuda.checkGivenBack(cuMemFree(piece), "cuMemFree");
  }

  @Override
  public void zero(long address, long bytes) {
    if (bytes > 0) {
      device.bind();
      Cuda.check(
          bytes % Float.BYTES == 0
              ? cuMemsetD32Async(Cuda.pointer(address), 0, bytes / Float.BYTES, device.stream())
              : cuMemsetD8Async(Cuda.pointer(address), (byte) 0, bytes, device.stream()),
          "cuMemset");
    }
  }

  /// Copies bytes, in the order of the stream.
  public void copy(long from, long to, long bytes) {
    if (bytes > 0) {
      device.bind();
      Cuda.check(
          cuMemcpyDtoDAsync(Cuda.pointer(to), Cuda.pointer(from), bytes, device.stream()),
          "a copy on the GPU");
    }
  }

  /// Sets every element, in the order of the stream.
  public void fill(Tensor dst, float value) {
    if (dst.size() > 0) {
      device.bind();
      CUdeviceptr to = Cuda.pointer(dst.address());
      Cuda.check(
          switch (dst.type()) {
            case FP32 ->
                cuMemsetD32Async(to, Float.floatToRawIntBits(value), dst.size(), device.stream());
            case BF16 ->
                cuMemsetD16Async(to, ElementType.toBf16(value), dst.size(), device.stream());
            case INT32 -> cuMemsetD32Async(to, (int) value, dst.size(), device.stream());
          },
          "cuMemset");
    }
  }
}
