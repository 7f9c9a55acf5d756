package dev.hindsight.backend.cuda.device;

import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;

import dev.hindsight.tensor.ElementType;
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
public final class Staging implements AutoCloseable {
  private static final int PIECES = 4;
  private static final long PIECE_BYTES = 1L << 20;

  private final CudaDevice device;
  private final List<PinnedPiece> pieces = new ArrayList<>();
  private int next;

  /// Moves elements `from .. from + count - 1` of an array to the start of a segment.
  private interface Mover {
    void move(MemorySegment host, long from, int count);
  }

  /// Moves the start of a piece to elements `from .. from + count - 1` of an array.
  private interface Taker {
    void take(PinnedPiece piece, int from, int count);
  }

  public Staging(CudaDevice device) {
    this.device = device;
    for (int i = 0; i < PIECES; i++) {
      pieces.add(PinnedPiece.of(PIECE_BYTES));
    }
  }

  /// Rounded to the tensor's type.
  public void write(Tensor dst, float[] src) {
    write(
        dst.address(),
        src.length,
        dst.type().bytes(),
        switch (dst.type()) {
          case FP32 ->
              (host, from, count) ->
                  MemorySegment.copy(src, (int) from, host, ValueLayout.JAVA_FLOAT, 0, count);
          case BF16 ->
              (host, from, count) -> {
                for (int i = 0; i < count; i++) {
                  short bits = ElementType.toBf16(src[(int) from + i]);
                  host.setAtIndex(ValueLayout.JAVA_SHORT, i, bits);
                }
              };
          case INT32 -> throw dst.type().noFloats();
        });
  }

  /// Rounded to the tensor's type.
  public void write(Tensor dst, double[] src) {
    float[] floats = new float[src.length];
    for (int i = 0; i < src.length; i++) {
      floats[i] = (float) src[i];
    }
    write(dst, floats);
  }

  public void write(long address, int[] src) {
    write(
        address,
        src.length,
        Integer.BYTES,
        (host, from, count) ->
            MemorySegment.copy(src, (int) from, host, ValueLayout.JAVA_INT, 0, count));
  }

  public float[] readFloats(Tensor src) {
    var out = new float[Math.toIntExact(src.size())];
    read(src, (piece, from, count) -> piece.take(src.type(), out, from, count));
    return out;
  }

  public int[] readInts(Tensor src) {
    var out = new int[Math.toIntExact(src.size())];
    read(
        src,
        (piece, from, count) ->
            MemorySegment.copy(piece.host(), ValueLayout.JAVA_INT, 0, out, from, count));
    return out;
  }

  public double[] readDoubles(Tensor src) {
    float[] floats = readFloats(src);
    var out = new double[floats.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = floats[i];
    }
    return out;
  }

  /// Starts the copy of `count` elements of so many bytes to `address`.
  private void write(long address, long count, int bytes, Mover fill) {
    device.requireNoCapture("to write " + count + " elements from the host");
    device.bind();
    for (long from = 0; from < count; ) {
      PinnedPiece piece = pieces.get(next);
      next = (next + 1) % PIECES;
      Cuda.check(cuEventSynchronize(piece.copied()), "a copy to the GPU");
      int part = (int) Math.min(count - from, PIECE_BYTES / bytes);
      fill.move(piece.host(), from, part);
      Cuda.check(
          cuMemcpyHtoDAsync(
              Cuda.pointer(address + from * bytes),
              piece.pointer(),
              (long) part * bytes,
              device.stream()),
          "a copy to the GPU");
      Cuda.check(cuEventRecord(piece.copied(), device.stream()), "cuEventRecord");
      from += part;
    }
  }

  /// Waits for the work so far and copies a tensor.
  private void read(Tensor src, Taker taker) {
    device.requireNoCapture("to read " + src.size() + " elements");
    device.bind();
    PinnedPiece piece = pieces.get(0);
    Cuda.check(cuEventSynchronize(piece.copied()), "a copy to the GPU");
    long bytes = src.type().bytes();
    for (int from = 0; from < src.size(); ) {
      int part = (int) Math.min(src.size() - from, PIECE_BYTES / bytes);
      Cuda.check(
          cuMemcpyDtoHAsync(
              piece.pointer(),
              Cuda.pointer(src.address() + from * bytes),
              part * bytes,
              device.stream()),
          "a copy from the GPU");
      device.synchronize();
      taker.take(piece, from, part);
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
