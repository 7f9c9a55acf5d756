package dev.hindsight.softgpu.exec;

import java.util.ArrayList;
import java.util.List;

/// One mbarrier: how many arrivals and bytes its phase waits for, and what has happened before.
final class Phases {
  /// Something that ends later than the instruction which began it, and that the phase waits for.
  interface Pending {
    /// Ends it.
    void end();
  }

  /// The stamp of its initialisation, and whether a race with it was reported.
  final long made;

  boolean ordered;

  private final int warps;
  private int expected;
  private int arrivalsLeft;
  private long bytesLeft;
  private int phase;
  private Arrivals arrivals;
  private final List<Pending> pending = new ArrayList<>();

  /// What came before the end of the last phase.
  private int[] before;

  Phases(int warps, int expected, long made) {
    this.made = made;
    this.warps = warps;
    this.expected = expected;
    this.arrivalsLeft = expected;
    this.arrivals = new Arrivals(warps);
    this.before = arrivals.before();
  }

  int phase() {
    return phase;
  }

  int arrivalsLeft() {
    return arrivalsLeft;
  }

  long bytesLeft() {
    return bytesLeft;
  }

  int[] before() {
    return before;
  }

  /// The state that an arrival gives back: the phase, and how many arrivals it waited for.
  long token() {
    return ((long) (phase & 1) << 63) | arrivalsLeft;
  }

  void forgetOrder() {
    arrivals.forgetOrder();
    before = new Arrivals(warps).before();
  }

  /// What the warp did so far comes before the end of the phase.
  void release(SharedMemory memory, Warp w) {
    memory.arrive(arrivals, w, false);
  }

  void expectArrival() {
    arrivalsLeft++;
  }

  void expectBytes(long bytes) {
    bytesLeft += bytes;
  }

  void bytesCame(long bytes) {
    bytesLeft -= bytes;
    turn();
  }

  /// So many arrive; with `drop`, later phases wait for that many fewer. False where more arrive
  /// than the phase waits for.
  boolean arrive(int count, boolean drop) {
    if (count > arrivalsLeft) {
      return false;
    }
    arrivalsLeft -= count;
    expected -= drop ? count : 0;
    turn();
    return true;
  }

  private void turn() {
    if (arrivalsLeft == 0 && bytesLeft == 0) {
      phase++;
      arrivalsLeft = expected;
      before = arrivals.before();
      arrivals = new Arrivals(warps);
    }
  }

  void add(Pending one) {
    pending.add(one);
  }

  /// Ends what is under way.
  void settle() {
    List<Pending> due = List.copyOf(pending);
    pending.clear();
    due.forEach(Pending::end);
  }
}
