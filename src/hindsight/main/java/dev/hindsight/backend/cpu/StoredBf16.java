package dev.hindsight.backend.cpu;

import dev.hindsight.tensor.ElementType;
import org.jspecify.annotations.Nullable;

/// Numbers in bf16.
///
/// @param packing null where weights are not packed but by plain copies
record StoredBf16(Gemm gemm, @Nullable OneDnnPacking packing, Loops loops, Bf16Loops halves)
    implements Stored {
  private static final int TRANSPOSED = 112; // rows at a time

  StoredBf16(Gemm gemm, @Nullable OneDnnPacking packing, Loops loops) {
    this(gemm, packing, loops, loops.bf16());
  }

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
    return ElementType.ofBf16(Raw.getShort(address));
  }

  @Override
  public void put(long address, float value) {
    Raw.putShort(address, ElementType.toBf16(value));
  }

  @Override
  public boolean allFinite(long x, long count) {
    return halves.allFinite(x, count);
  }

  @Override
  public void transpose(long from, int rows, int columns, int pitch, long to) {
    for (int begin = 0; begin < rows; begin += TRANSPOSED) {
      int end = Math.min(begin + TRANSPOSED, rows);
      for (int column = 0; column < columns; column++) {
        for (int row = begin; row < end; row++) {
          long value = from + ((long) row * pitch + column) * Short.BYTES;
          Raw.putShort(to + ((long) column * rows + row) * Short.BYTES, Raw.getShort(value));
        }
      }
    }
  }

  @Override
  public long fetch(long at, long room, long count) {
    halves.widen(at, room, count);
    return room;
  }

  @Override
  public void store(long floats, long at, long count) {
    halves.round(floats, at, count);
  }

  @Override
  public void addTo(long sum, long from, long count) {
    halves.add(from, sum, count);
  }

  @Override
  public void widen(long from, long floats, long count) {
    halves.widen(from, floats, count);
  }

  @Override
  public void round(boolean add, long floats, long to, long count, long room) {
    if (!add) {
      halves.round(floats, to, count);
      return;
    }
    halves.widen(to, room, count);
    loops.add(room, floats, room, count);
    halves.round(room, to, count);
  }

  @Override
  public void round(long floats, long to, long count) {
    halves.round(floats, to, count);
  }
}
