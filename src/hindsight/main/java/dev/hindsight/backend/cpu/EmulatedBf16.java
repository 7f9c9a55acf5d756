package dev.hindsight.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Products of bf16 by those of fp32: both factors are widened, which changes no number, in memory
/// of the calling thread. The arithmetic is that of instructions for bf16, exact products and sums
/// in fp32; only the order of the sums may differ. For tests on CPUs that have none.
final class EmulatedBf16 implements Gemm {
  private static final long ALIGNMENT = 64;

  private final Gemm fp32;
  private final Bf16Loops loops;
  private final ThreadLocal<MemorySegment> room = ThreadLocal.withInitial(() -> MemorySegment.NULL);

  EmulatedBf16(Gemm fp32, Bf16Loops loops) {
    this.fp32 = fp32;
    this.loops = loops;
  }

  @Override
  public void multiply(
      boolean ta,
      boolean tb,
      int m,
      int n,
      int k,
      long a,
      int lda,
      long b,
      int ldb,
      boolean add,
      long c,
      int ldc) {
    int rowsA = ta ? k : m;
    int columnsA = ta ? m : k;
    int rowsB = tb ? n : k;
    int columnsB = tb ? k : n;
    long wideA = room((long) rowsA * columnsA + (long) rowsB * columnsB);
    long wideB = Raw.at(wideA, (long) rowsA * columnsA);
    widen(rowsA, columnsA, a, lda, wideA);
    widen(rowsB, columnsB, b, ldb, wideB);
    fp32.multiply(ta, tb, m, n, k, wideA, columnsA, wideB, columnsB, add, c, ldc);
  }

  private void widen(int rows, int columns, long from, int pitch, long to) {
    for (int row = 0; row < rows; row++) {
      long at = from + (long) row * pitch * Short.BYTES;
      loops.widen(at, Raw.at(to, row, columns, 0), columns);
    }
  }

  private long room(long floats) {
    long bytes = floats * Float.BYTES;
    if (room.get().byteSize() < bytes) {
      room.set(Arena.ofAuto().allocate(bytes, ALIGNMENT));
    }
    return room.get().address();
  }

  @Override
  public String describe() {
    return "bf16 emulated by " + fp32.describe();
  }
}
