package dev.hindsight.softgpu.exec;

/// `mbarrier.test_wait` and `try_wait`: whether a phase has ended. What the phase waits for beside
/// arrivals, copies, is there when somebody asks, and not before.
public final class MbarrierWait extends Jump {
  private final Place place;
  private final int result;
  private final Ref phase;
  private final boolean parity;

  /// @param result predicate register
  /// @param phase the state of an arrival, or the parity of the phase
  public MbarrierWait(Place place, int result, Ref phase, boolean parity) {
    this.place = place;
    this.result = result;
    this.phase = phase;
    this.parity = parity;
  }

  @Override
  public void exec(Warp w, int mask) {
    int[] offsets = place.offsets(w).clone();
    Phases met = null;
    int ended = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      w.calls.next[lane] = pc + 1;
      Phases one = w.block.mbarriers.look(w, this, lane, offsets);
      if (one == null) {
        ended |= 1 << lane;
        continue;
      }
      long of = parity ? phase.get(w, lane) & 1 : phase.get(w, lane) >>> 63;
      if ((one.phase() & 1) == of) {
        one.settle();
      }
      if ((one.phase() & 1) != of) {
        ended |= 1 << lane;
        if (one != met) {
          one.acquire(w);
          met = one;
        }
      }
    }
    w.setPred(result, mask, ended);
    w.waits = ended == mask ? null : this;
    if (ended != mask) {
      w.waitedAt = w.block.turn();
      w.inVain = true;
    }
  }

  /// What a lane waits for, for a report.
  String missing(Warp w, int lane) {
    int[] offsets = place.offsets(w).clone();
    Phases one = w.block.mbarriers.look(w, this, lane, offsets);
    return one == null
        ? "there is no barrier"
        : String.format(
            "it waits for %,d arrivals and %,d bytes more", one.arrivalsLeft(), one.bytesLeft());
  }
}
