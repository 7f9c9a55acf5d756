package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.GlobalRaces;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  private final Order order;
  private int expected;
  private int arrivalsLeft;
  private long bytesLeft;
  private int phase;
  private Arrivals arrivals;
  private final List<Pending> pending = new ArrayList<>();

  /// What came before the end of the last phase.
  private int[] before;

  /// What was made known of global memory, where races there are looked for: so far, and by the end
  /// of the last phase.
  private Map<Integer, Integer> told = new HashMap<>();

  private Map<Integer, Integer> toldBefore = Map.of();

  Phases(Order order, int expected, long made) {
    this.made = made;
    this.order = order;
    this.expected = expected;
    this.arrivalsLeft = expected;
    this.arrivals = new Arrivals(order.warps());
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

  /// The state that an arrival gives back: the phase, and how many arrivals it waited for.
  long token() {
    return ((long) (phase & 1) << 63) | arrivalsLeft;
  }

  void forgetOrder() {
    arrivals.forgetOrder();
    before = new Arrivals(order.warps()).before();
  }

  /// What the warp did so far comes before the end of the phase.
  void release(Warp w) {
    order.arrive(arrivals, w, false);
    GlobalRaces races = w.block.launch.globalRaces;
    if (races != null && w.block.cluster.isShared()) {
      races.release(w.block.number(), told);
    }
  }

  /// A warp has waited for the last phase.
  void acquire(Warp w) {
    order.acquire(w, before);
    GlobalRaces races = w.block.launch.globalRaces;
    if (races != null && w.block.cluster.isShared()) {
      races.acquire(w.block.number(), toldBefore);
    }
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
      arrivals = new Arrivals(order.warps());
      toldBefore = told;
      told = new HashMap<>(told);
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
