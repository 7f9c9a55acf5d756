package dev.hindsight.backend.cpu.product;

import dev.hindsight.backend.cpu.loops.Bf16Loops;
import dev.hindsight.backend.cpu.machine.Native;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Products of bf16 by those of fp32: both factors are widened, which changes no number, in memory
/// of the calling thread. The arithmetic is that of instructions for bf16, exact products and sums
/// in fp32; only the order of the sums may differ. For tests on CPUs that have none.
public final class EmulatedBf16 implements Gemm {
  private static final long ALIGNMENT = 64;

  private final Stored fp32;
  private final Bf16Loops loops;
  private final ThreadLocal<MemorySegment> room = ThreadLocal.withInitial(() -> MemorySegment.NULL);

  public EmulatedBf16(Stored fp32, Bf16Loops loops) {
    this.fp32 = fp32;
    this.loops = loops;
  }

  @Override
  public void multiply(boolean add, Matrix a, Matrix b, Matrix c) {
    long size = (long) a.rows() * a.columns();
    long to = room(size + (long) b.rows() * b.columns());
    c.product(add, widen(a, to), widen(b, Native.at(to, size)));
  }

  private Matrix widen(Matrix m, long to) {
    if (m.transposed()) {
      return widen(m.transpose(), to).transpose();
    }
    for (int row = 0; row < m.rows(); row++) {
      loops.widen(m.row(row), Native.at(to, row, m.columns(), 0), m.columns());
    }
    return Matrix.dense(fp32, to, m.rows(), m.columns());
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
    return "bf16 emulated by " + fp32.gemm().describe();
  }
}
