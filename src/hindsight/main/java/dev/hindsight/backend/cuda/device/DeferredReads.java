package dev.hindsight.backend.cuda.device;

import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;

import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Copies from the GPU that the host waits for later. Each has a piece of pinned memory until its
/// values are taken; a loop that takes each a turn late has two pieces, for ever the same.
public final class DeferredReads implements AutoCloseable {
  private final CudaDevice device;
  private final List<PinnedPiece> all = new ArrayList<>();
  private final Map<Long, List<PinnedPiece>> idle = new HashMap<>(); // by bytes

  public DeferredReads(CudaDevice device) {
    this.device = device;
  }

  public Supplier<float[]> start(Tensor src) {
    device.requireNoCapture("to read " + src.size() + " elements");
    device.bind();
    int count = Math.toIntExact(src.size());
    if (count == 0) {
      return () -> new float[0];
    }
    List<PinnedPiece> free = idle.computeIfAbsent(src.bytes(), _ -> new ArrayList<>());
    PinnedPiece piece = free.isEmpty() ? another(src.bytes()) : free.removeLast();
    Cuda.check(
        cuMemcpyDtoHAsync(
            piece.pointer(), Cuda.pointer(src.address()), src.bytes(), device.stream()),
        "a copy from the GPU");
    Cuda.check(cuEventRecord(piece.copied(), device.stream()), "cuEventRecord");
    return new Supplier<>() {
      private float @Nullable [] values;

      @Override
      public float[] get() {
        if (values == null) {
          values = take(piece, src, count);
          free.add(piece);
        }
        return values;
      }
    };
  }

  private PinnedPiece another(long bytes) {
    PinnedPiece made = PinnedPiece.of(bytes);
    all.add(made);
    return made;
  }

  private float[] take(PinnedPiece piece, Tensor src, int count) {
    device.bind();
    Cuda.check(cuEventSynchronize(piece.copied()), "the work so far");
    float[] out = new float[count];
    piece.take(src.type(), out, 0, count);
    return out;
  }

  @Override
  public void close() {
    device.bind();
    all.forEach(PinnedPiece::close);
    all.clear();
    idle.clear();
  }
}
