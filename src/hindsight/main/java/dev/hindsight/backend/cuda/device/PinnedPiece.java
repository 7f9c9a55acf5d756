package dev.hindsight.backend.cuda.device;

import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemHostAlloc;

import dev.hindsight.tensor.ElementType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;

/// Memory of the host that the GPU copies from or to by itself.
///
/// @param copied comes when the last copy is done
public record PinnedPiece(Pointer pointer, MemorySegment host, CUevent copied)
    implements AutoCloseable {
  public static PinnedPiece of(long bytes) {
    var pointer = new Pointer();
    Cuda.check(cuMemHostAlloc(pointer, bytes, 0), "cuMemHostAlloc");
    var host =
        MemorySegment.ofBuffer(pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder()));
    var copied = new CUevent();
    Cuda.check(cuEventCreate(copied, CUevent_flags.CU_EVENT_DISABLE_TIMING), "cuEventCreate");
    return new PinnedPiece(pointer, host, copied);
  }

  /// Its first `count` elements of a type, into `out` from an index on.
  public void take(ElementType type, float[] out, int from, int count) {
    switch (type) {
      case FP32 -> MemorySegment.copy(host, ValueLayout.JAVA_FLOAT, 0, out, from, count);
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          out[from + i] = ElementType.ofBf16(host.getAtIndex(ValueLayout.JAVA_SHORT, i));
        }
      }
      case INT32 -> throw type.noFloats();
    }
  }

  @Override
  public void close() {
    Cuda.checkGivenBack(cuEventDestroy(copied), "cuEventDestroy");
    Cuda.checkGivenBack(cuMemFreeHost(pointer), "cuMemFreeHost");
  }
}
