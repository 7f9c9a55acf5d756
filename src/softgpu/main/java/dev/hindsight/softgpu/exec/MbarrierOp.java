package dev.hindsight.softgpu.exec;

/// `mbarrier.init inval arrive arrive_drop expect_tx complete_tx`, and the arrival of a thread's
/// `cp.async` copies.
public final class MbarrierOp extends Op {
  /// What is done.
  public enum What {
    INIT,
    INVALIDATE,
    ARRIVE,
    DROP,
    EXPECT,
    COMPLETE,
    /// Arrives when the copies that the thread has begun are there.
    COPIES,
    /// The same of an arrival that the phase does not wait for yet.
    MORE_COPIES
  }

  private final What what;
  private final Place place;
  private final Ref state;

  /// Int operand code of a number of arrivals or bytes, which may be a constant.
  private final int count;

  /// Whether the number is of bytes that an arrival expects first.
  private final boolean expects;

  /// Whether the barrier may be of another block of the cluster.
  private final boolean cluster;

  /// @param state where the state of the barrier goes
  public MbarrierOp(
      What what, Place place, Ref state, int count, boolean expects, boolean cluster) {
    this.what = what;
    this.place = place;
    this.state = state;
    this.count = count;
    this.expects = expects;
    this.cluster = cluster;
  }

  @Override
  public void exec(Warp w, int mask) {
    int[] offsets = place.offsets(w).clone();
    int[] counts = w.i(count, 0).clone();
    Mbarriers all = w.block.mbarriers;
    Phases released = null;
    int releasedPhase = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (what == What.INIT) {
        all.init(w, this, lane, offsets, counts[lane]);
        continue;
      }
      if (what == What.INVALIDATE) {
        all.invalidate(w, this, lane, offsets);
        continue;
      }
      Phases one = cluster ? all.reach(w, this, lane, offsets) : all.find(w, this, lane, offsets);
      if (one == null) {
        continue;
      }
      state.set(w, lane, one.token());
      boolean arrives = what == What.ARRIVE || what == What.DROP;
      if (arrives && (one != released || one.phase() != releasedPhase)) {
        one.release(w);
        released = one;
        releasedPhase = one.phase();
      }
      act(w, lane, one, counts[lane]);
    }
  }

  private void act(Warp w, int lane, Phases one, int number) {
    switch (what) {
      case EXPECT -> one.expectBytes(number);
      case COMPLETE -> one.bytesCame(number);
      case COPIES, MORE_COPIES -> {
        if (what == What.MORE_COPIES) {
          one.expectArrival();
        }
        long latest = w.asyncCopies.latest();
        one.add(
            () -> {
              w.asyncCopies.land(w, 1 << lane, latest);
              one.release(w);
              arrive(w, lane, one, 1);
            });
      }
      default -> {
        if (expects) {
          one.expectBytes(number);
        }
        arrive(w, lane, one, expects ? 1 : number);
      }
    }
  }

  private void arrive(Warp w, int lane, Phases one, int times) {
    int left = one.arrivalsLeft();
    if (!one.arrive(times, what == What.DROP)) {
      Mbarriers.report(
          w,
          this,
          lane,
          String.format("%,d arrive where the phase waits for %,d more", times, left));
    }
  }
}
