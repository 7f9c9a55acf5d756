package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import org.jspecify.annotations.Nullable;

/// `cp.async.bulk`. What goes to shared memory, of this block or of another of its cluster, is read
/// now and appears when somebody waits for the mbarrier that counts its bytes; what goes to global
/// memory is written at once.
public final class BulkCopy extends Op {
  private static final int UNIT = 16;

  private final Place to;
  private final Place from;
  private final int bytes;
  private final boolean fromShared;

  /// The barrier of a copy to shared memory; null for one to global memory.
  private final @Nullable Place barrier;

  /// Operand of the ranks of the blocks that a copy goes to, one bit each; or that it goes to one.
  private final Ref ranks;

  private final Runs runs = new Runs(this);

  /// @param bytes int operand code of the size
  public BulkCopy(
      Place to, Place from, boolean fromShared, int bytes, @Nullable Place barrier, Ref ranks) {
    this.to = to;
    this.from = from;
    this.fromShared = fromShared;
    this.bytes = bytes;
    this.barrier = barrier;
    this.ranks = ranks;
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
        continue;
      }
      long source = fromShared ? Place.SHARED_WINDOW + (int) sources[lane] : sources[lane];
      byte[] image = new byte[sizes[lane]];
      runs.load(w, lane, source, image, 0, image.length);
      if (barrier == null) {
        runs.store(w, lane, targets[lane], image, 0, image.length);
      } else {
        int[] units = SharedMemory.units((int) targets[lane] & Cluster.OFFSET, image.length);
        new Delivery(this, w, lane)
            .toEach(ranks, (int) targets[lane], barriers[lane], units, image);
      }
    }
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
