package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.MemoryOrder;
import dev.hindsight.softgpu.check.Use;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// `cp.async`: reads global memory now and writes shared memory at the wait.
public final class AsyncCopy extends Op {
  private final Place to;
  private final Place from;
  private final int bytes;

  /// Operand code of the bytes that are read, or [#ALL]; the rest of the copy is zeros.
  private final int sourceBytes;

  private final GlobalSpace whole;
  private final GlobalSpace single;
  private byte[] data = new byte[0];
  private int position;

  /// Every byte is read.
  public static final int ALL = Integer.MAX_VALUE;

  public AsyncCopy(Place to, Place from, int bytes, int sourceBytes) {
    this.to = to;
    this.from = from;
    this.bytes = bytes;
    this.sourceBytes = sourceBytes;
    this.whole =
        new GlobalSpace(
            this,
            bytes,
            Use.READ,
            MemoryOrder.WEAK,
            (_, mask, mem, at) -> take(mask, mem, at, bytes));
    this.single =
        new GlobalSpace(
            this, 1, Use.READ, MemoryOrder.WEAK, (_, mask, mem, at) -> take(mask, mem, at, 1));
  }

  private void take(int mask, MemorySegment memory, int[] offsets, int count) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      MemorySegment.copy(
          memory, ValueLayout.JAVA_BYTE, offsets[k], data, k * bytes + position, count);
    }
  }

  public int bytes() {
    return bytes;
  }

  @Override
  public void exec(Warp w, int mask) {
    byte[] mine;
    synchronized (this) {
      data = new byte[Warp.LANES * bytes];
      position = 0;
      int full = mask;
      if (sourceBytes != ALL) {
        int[] sizes = w.i(sourceBytes, 0);
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          int k = Integer.numberOfTrailingZeros(rest);
          full &= sizes[k] >= bytes ? -1 : ~(1 << k);
        }
        someBytes(w, mask & ~full, sizes.clone());
      }
      position = 0;
      if (full != 0) {
        whole.access(w, full, from.addresses(w));
      }
      mine = data;
    }
    int[] offsets = to.offsets(w);
    SharedMemory shared = w.block.shared;
    int ok = shared.write(w, this, mask, offsets, bytes, false, null);
    shared.depart(ok, offsets, bytes);
    w.asyncCopies.add(this, ok, offsets, mine, bytes);
  }

  private void someBytes(Warp w, int mask, int[] sizes) {
    for (int b = 0; b < bytes; b++) {
      int lanes = 0;
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int k = Integer.numberOfTrailingZeros(rest);
        lanes |= sizes[k] > b ? 1 << k : 0;
      }
      if (lanes != 0) {
        long[] addresses = from.addresses(w);
        for (int k = 0; k < Warp.LANES; k++) {
          addresses[k] += b;
        }
        position = b;
        single.access(w, lanes, addresses);
      }
    }
  }
}
