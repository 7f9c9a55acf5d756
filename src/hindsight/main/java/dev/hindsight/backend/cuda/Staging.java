package dev.hindsight.backend.cuda;

import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;

import dev.hindsight.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// Copies between Java arrays and the GPU through pinned memory, piece by piece.
///
/// Writing returns as soon as the last piece is on its way: a batch is copied while the previous
/// step still runs. A piece waits for its own last copy only. Java arrays are never handed to
/// JCuda, which would hold off the garbage collector for as long as the driver takes.
final class Staging implements AutoCloseable {
  private static final int PIECES = 4;
  private static final long PIECE_BYTES = 1L << 20;

  private final CudaDevice device;
  private final List<PinnedPiece> pieces = new ArrayList<>();
  private int next;

  /// Moves elements `from .. from + count - 1` of an array to or from the start of a segment.
  private interface Mover {
    void move(MemorySegment host, long from, int count);
  }

  Staging(CudaDevice device) {
    this.device = device;
    for (int i = 0; i < PIECES; i++) {
      pieces.add(PinnedPiece.of(PIECE_BYTES));
    }
  }

  void write(Tensor dst, float[] src) {
    write(
        dst.address(),
        src.length,
        (host, from, count) ->
            MemorySegment.copy(src, (int) from, host, ValueLayout.JAVA_FLOAT, 0, count));
  }

  /// Rounded to float.
  void write(Tensor dst, double[] src) {
    write(
        dst.address(),
        src.length,
        (host, from, count) -> {
          for (int i = 0; i < count; i++) {
            host.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) src[(int) from + i]);
          }
        });
  }

  void write(long address, int[] src) {
    write(
        address,
        src.length,
        (host, from, count) ->
            MemorySegment.copy(src, (int) from, host, ValueLayout.JAVA_INT, 0, count));
  }

  float[] readFloats(Tensor src) {
    var out = new float[Math.toIntExact(src.size())];
    read(
        src.address(),
        out.length,
        (host, from, count) ->
            MemorySegment.copy(host, ValueLayout.JAVA_FLOAT, 0, out, (int) from, count));
    return out;
  }

  double[] readDoubles(Tensor src) {
    float[] floats = readFloats(src);
    var out = new double[floats.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = floats[i];
    }
    return out;
  }

  /// Starts the copy of `count` elements of 4 bytes to `address`.
  private void write(long address, long count, Mover fill) {
    device.requireNoCapture("to write " + count + " elements from the host");
    device.bind();
    for (long from = 0; from < count; ) {
      PinnedPiece piece = pieces.get(next);
      next = (next + 1) % PIECES;
      Cuda.check(cuEventSynchronize(piece.copied()), "a copy to the GPU");
      int part = (int) Math.min(count - from, PIECE_BYTES / 4);
      fill.move(piece.host(), from, part);
      Cuda.check(
          cuMemcpyHtoDAsync(
              Cuda.pointer(address + from * 4), piece.pointer(), part * 4L, device.stream()),
          "a copy to the GPU");
      Cuda.check(cuEventRecord(piece.copied(), device.stream()), "cuEventRecord");
      from += part;
    }
  }

  /// Waits for the work so far and copies `count` elements of 4 bytes from `address`.
  private void read(long address, long count, Mover drain) {
    device.requireNoCapture("to read " + count + " elements");
    device.bind();
    PinnedPiece piece = pieces.get(0);
    Cuda.check(cuEventSynchronize(piece.copied()), "a copy to the GPU");
    for (long from = 0; from < count; ) {
      int part = (int) Math.min(count - from, PIECE_BYTES / 4);
      Cuda.check(
          cuMemcpyDtoHAsync(
              piece.pointer(), Cuda.pointer(address + from * 4), part * 4L, device.stream()),
          "a copy from the GPU");
      device.synchronize();
      drain.move(piece.host(), from, part);
      from += part;
    }
  }

  @Override
  public void close() {
    device.bind();
    pieces.forEach(PinnedPiece::close);
    pieces.clear();
  }
}
