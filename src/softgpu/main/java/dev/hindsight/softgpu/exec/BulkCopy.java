package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import org.jspecify.annotations.Nullable;

/// `cp.async.bulk` and `cp.reduce.async.bulk`. What goes to shared memory, of this block or of
/// another of its cluster, is read now and appears when somebody waits for the mbarrier that counts
/// its bytes; what goes to global memory is written at once.
public final class BulkCopy extends Op {
  private static final int UNIT = 16;

  /// How what is there and what comes make a new element.
  ///
  /// @param width bytes of an element
  public record Reduction(int width, AtomicOp.Update how) {}

  private final Place to;
  private final Place from;
  private final int bytes;
  private final boolean fromShared;

  /// The barrier of a copy to shared memory; null for one to global memory.
  private final @Nullable Place barrier;

  /// Operand of the ranks of the blocks that a copy goes to, one bit each; or that it goes to one.
  private final Ref ranks;

  private final @Nullable Reduction reduction;
  private final @Nullable Fold fold;
  private final Runs runs = new Runs(this);

  /// @param bytes int operand code of the size
  /// @param reduction null where what comes takes the place of what is there
  public BulkCopy(
      Place to,
      Place from,
      boolean fromShared,
      int bytes,
      @Nullable Place barrier,
      Ref ranks,
      @Nullable Reduction reduction) {
    this.to = to;
    this.from = from;
    this.fromShared = fromShared;
    this.bytes = bytes;
    this.barrier = barrier;
    this.ranks = ranks;
    this.reduction = reduction;
    this.fold = reduction == null ? null : new Fold(this, reduction.width, reduction.how);
  }

  public boolean reduces() {
    return reduction != null;
  }

  public boolean toShared() {
    return barrier != null;
  }

  public boolean fromShared() {
    return fromShared;
  }

  /// Bytes of what it changes at once.
  public int width() {
    return reduction == null ? UNIT : reduction.width;
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
      if (fromShared) {
        int start = (int) sources[lane];
        int[] units = SharedMemory.units(start, image.length);
        AsyncReads.bulk(w, this, lane, units, image, barrier == null);
      }
      if (barrier == null) {
        toGlobal(w, lane, targets[lane], image);
      } else {
        toShared(w, lane, (int) targets[lane], barriers[lane], image);
      }
    }
  }

  private void toGlobal(Warp w, int lane, long target, byte[] image) {
    if (fold == null) {
      runs.store(w, lane, target, image, 0, image.length);
      return;
    }
    w.block.awaitTurn();
    for (int at = 0; at < image.length; at += width()) {
      fold.apply(w, lane, target + at, Bytes.get(image, at, width()));
    }
  }

  private void toShared(Warp w, int lane, int target, int counting, byte[] image) {
    Delivery sent = new Delivery(this, w, lane);
    if (reduction == null) {
      int[] units = SharedMemory.units(target & Cluster.OFFSET, image.length);
      sent.toEach(ranks, target, counting, units, image);
    } else {
      sent.reduction(target, counting, reduction.width, reduction.how, image);
    }
  }

  private void misaligned(Warp w, int lane, long target, long source, int size) {
    String what = reduction == null ? "copy" : "reduction";
    w.report(
        Kind.MISALIGNED,
        lane,
        this,
        () ->
            new Message(
                String.format(
                    "Invalid bulk %s of %,d bytes from 0x%x to 0x%x", what, size, source, target),
                "addresses and size are multiples of 16"));
  }
}
