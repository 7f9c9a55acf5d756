package dev.hindsight.backend.cpu.product;

import dev.hindsight.backend.cpu.loops.Bf16Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.tensor.ElementType;
import org.jspecify.annotations.Nullable;

/// Numbers in bf16.
///
/// @param packing null where weights are not packed but by plain copies
public record StoredBf16(Gemm gemm, @Nullable OneDnnPacking packing, StoredFp32 fp32)
    implements Stored, AutoCloseable {
  private static final int TRANSPOSED = 112; // rows at a time

  @Override
  public PackedWeights packed(int depth, int columns) {
    PackedWeights weights = packing == null ? null : packing.weights(depth, columns);
    return weights == null ? Stored.super.packed(depth, columns) : weights;
  }

  @Override
  public int bytes() {
    return Short.BYTES;
  }

  @Override
  public boolean inPlace() {
    return false;
  }

  @Override
  public float get(long address) {
    return ElementType.ofBf16(Native.getShort(address));
  }

  @Override
  public void put(long address, float value) {
    Native.putShort(address, ElementType.toBf16(value));
  }

  @Override
  public boolean allFinite(long x, long count) {
    return Bf16Loops.allFinite(x, count);
  }

  @Override
  public boolean allFinite(long x, int rows, int columns, int pitch) {
    return Bf16Loops.allFinite(x, rows, columns, pitch);
  }

  @Override
  public boolean turns(int rows, int depth, int columns) {
    return gemm instanceof OneDnnMatmul && OneDnnMatmul.isLarge(rows, depth, columns);
  }

  @Override
  public void transpose(long from, int rows, int columns, int pitch, long to) {
    if (packing != null) {
      packing.transpose(from, rows, columns, pitch, to);
      return;
    }
    for (int begin = 0; begin < rows; begin += TRANSPOSED) {
      int end = Math.min(begin + TRANSPOSED, rows);
      for (int column = 0; column < columns; column++) {
        for (int row = begin; row < end; row++) {
          long value = from + ((long) row * pitch + column) * Short.BYTES;
          Native.putShort(to + ((long) column * rows + row) * Short.BYTES, Native.getShort(value));
        }
      }
    }
  }

  @Override
  public void addTo(long sum, long from, long count) {
    Bf16Loops.add(from, sum, count);
  }

  @Override
  public void addRowsTo(long sum, int pitchSum, long from, int pitch, int rows, int count) {
    Bf16Loops.addRows(from, pitch, sum, pitchSum, rows, count);
  }

  @Override
  public void widenRows(long from, int pitch, long floats, int pitchTo, int rows, int count) {
    Bf16Loops.widenRows(from, pitch, floats, pitchTo, rows, count);
  }

  @Override
  public void roundRows(long floats, int pitch, long to, int pitchTo, int rows, int count) {
    Bf16Loops.roundRows(floats, pitch, to, pitchTo, rows, count);
  }

  @Override
  public void widen(long from, long floats, long count) {
    Bf16Loops.widen(from, floats, count);
  }

  @Override
  public void round(long floats, long to, long count) {
    Bf16Loops.round(floats, to, count);
  }

  @Override
  public void close() {
    if (packing != null) {
      packing.close();
    }
  }
}
