package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import org.jspecify.annotations.Nullable;

/// `cp.async.bulk` between global and shared memory. What goes to shared memory is read now and
/// appears when somebody waits for the mbarrier that counts its bytes; what comes from there is
/// written at once.
public final class BulkCopy extends Op {
  private static final int UNIT = 16;
  private static final int WORD = 8;

  private final Place to;
  private final Place from;
  private final int bytes;

  /// The barrier of a copy to shared memory; null for one to global memory.
  private final @Nullable Place barrier;

  private final Words load = new Words(this, WORD, false);
  private final Words store = new Words(this, WORD, true);

  /// @param bytes int operand code of the size
  public BulkCopy(Place to, Place from, int bytes, @Nullable Place barrier) {
    this.to = to;
    this.from = from;
    this.bytes = bytes;
    this.barrier = barrier;
  }

  @Override
  public void exec(Warp w, int mask) {
    long[] targets = to.addresses(w).clone();
    long[] sources = from.addresses(w).clone();
    int[] sizes = w.i(bytes, 0).clone();
    int[] barriers = barrier == null ? new int[0] : barrier.offsets(w).clone();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (((targets[lane] | sources[lane] | sizes[lane]) & UNIT - 1) != 0) {
        misaligned(w, lane, targets[lane], sources[lane], sizes[lane]);
      } else if (barrier == null) {
        long[] words = read(w, lane, Place.SHARED_WINDOW + (int) sources[lane], sizes[lane]);
        for (int i = 0; i < words.length; i++) {
          w.addresses[lane] = targets[lane] + (long) WORD * i;
          w.laneValues().words[lane] = words[i];
          store.move(w, 1 << lane);
        }
      } else {
        long[] words = read(w, lane, sources[lane], sizes[lane]);
        Phases counted = w.block.mbarriers.find(w, this, lane, barriers);
        int start = (int) targets[lane];
        int size = sizes[lane];
        boolean good = w.block.shared.depart(w, this, lane, start, size);
        if (counted != null && good) {
          counted.add(
              () -> {
                w.block.shared.land(w, this, lane, start, words);
                counted.release(w.block.shared, w);
                counted.bytesCame(size);
              });
        }
      }
    }
  }

  private long[] read(Warp w, int lane, long address, int size) {
    long[] words = new long[size / WORD];
    for (int i = 0; i < words.length; i++) {
      w.addresses[lane] = address + (long) WORD * i;
      load.move(w, 1 << lane);
      words[i] = w.laneValues().words[lane];
    }
    return words;
  }

  private void misaligned(Warp w, int lane, long target, long source, int size) {
    w.report(
        Kind.MISALIGNED,
        lane,
        this,
        () ->
            new Message(
                String.format(
                    "Invalid bulk copy of %,d bytes from 0x%x to 0x%x", size, source, target),
                "addresses and size are multiples of 16"));
  }
}
