package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import org.jspecify.annotations.Nullable;

/// `cp.reduce.async.bulk` from shared memory: to global memory at once, to shared memory, also of
/// other blocks of the cluster, when somebody waits for the mbarrier.
public final class BulkReduction extends Op {
  private static final int UNIT = 16;

  private final Place to;
  private final Place from;
  private final int bytes;
  private final @Nullable Place barrier;
  private final int width;
  private final AtomicOp.Update how;
  private final Fold fold;
  private final Runs runs = new Runs(this);

  /// @param bytes int operand code of the size
  /// @param barrier what counts the bytes in shared memory; null where it goes to global memory
  /// @param width bytes of an element
  public BulkReduction(
      Place to, Place from, int bytes, @Nullable Place barrier, int width, AtomicOp.Update how) {
    this.to = to;
    this.from = from;
    this.bytes = bytes;
    this.barrier = barrier;
    this.width = width;
    this.how = how;
    this.fold = new Fold(this, width, how);
  }

  public int width() {
    return width;
  }

  public boolean onlyShared() {
    return barrier != null;
  }

  @Override
  public void exec(Warp w, int mask) {
    long[] targets = to.addresses(w).clone();
    int[] sources = from.offsets(w).clone();
    int[] sizes = w.i(bytes, 0).clone();
    int[] barriers = barrier == null ? new int[0] : barrier.offsets(w).clone();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long target = targets[lane];
      if (((target | sources[lane] | sizes[lane]) & UNIT - 1) != 0) {
        String what = "%,d bytes from 0x%x to 0x%x".formatted(sizes[lane], sources[lane], target);
        w.report(
            Kind.MISALIGNED,
            lane,
            this,
            () ->
                new Message(
                    "Invalid bulk reduction of " + what, "addresses and size are multiples of 16"));
        continue;
      }
      byte[] image = new byte[sizes[lane]];
      runs.load(w, lane, Place.SHARED_WINDOW + sources[lane], image, 0, image.length);
      if (barrier == null) {
        w.block.awaitTurn();
        for (int at = 0; at < image.length; at += width) {
          fold.apply(w, lane, target + at, Bytes.get(image, at, width));
        }
      } else {
        new Delivery(this, w, lane).reduction((int) target, barriers[lane], width, how, image);
      }
    }
  }
}
