package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The mbarriers of a block, by their offsets in shared memory. What a thread did before it arrives
/// comes before what others do after they have waited for the phase.
final class Mbarriers {
  private static final int BYTES = 8;
  private static final int MOST = (1 << 20) - 1;

  private final Block block;
  private final Map<Integer, Phases> live = new HashMap<>();

  /// Where one was given up since something was last initialised there.
  private final Set<Integer> invalid = new HashSet<>();

  /// Grows with everything that may let somebody go on.
  private long events;

  Mbarriers(Block block) {
    this.block = block;
  }

  void reset() {
    live.clear();
    invalid.clear();
  }

  long events() {
    return events;
  }

  void forgetOrder() {
    live.values().forEach(Phases::forgetOrder);
  }

  /// The barrier that a lane names, or null where there is none, which is reported.
  @Nullable Phases find(Warp w, Op op, int lane, int[] offsets) {
    int ok = block.shared.write(w, op, 1 << lane, offsets, BYTES, true, null);
    Phases found = live.get(offsets[lane]);
    if (found == null && ok != 0) {
      int at = offsets[lane];
      String where = w.block == block ? "" : " of block " + block.place();
      report(
          w,
          op,
          lane,
          invalid.contains(at)
              ? String.format(
                  "mbarrier.inval ended the one at 0x%x%s while others still use it", at, where)
              : String.format("nothing was initialised at 0x%x%s", at, where));
    }
    if (found != null && !found.ordered && block.shared.races(w, lane, found.made)) {
      found.ordered = true;
      block.shared.reports.race(w, op, lane, offsets[lane], found.made, "write", "atomic");
    }
    events++;
    return found;
  }

  /// The barrier that a lane names, be it in this block or in another of the cluster.
  @Nullable Phases reach(Warp w, Op op, int lane, int[] addresses) {
    Block there = block.cluster.reach(w, op, lane, addresses[lane]);
    addresses[lane] &= Cluster.OFFSET;
    return there == null ? null : there.mbarriers.find(w, op, lane, addresses);
  }

  /// The same of a barrier that is only looked at.
  @Nullable Phases look(Warp w, Op op, int lane, int[] offsets) {
    Phases found = find(w, op, lane, offsets);
    events--;
    return found;
  }

  void init(Warp w, Op op, int lane, int[] offsets, int count) {
    events++;
    if (block.shared.write(w, op, 1 << lane, offsets, BYTES, false, null) == 0) {
      return;
    }
    if (count < 1 || count > MOST) {
      report(
          w,
          op,
          lane,
          String.format("it is initialised for %,d arrivals; 1 to %,d are possible", count, MOST));
    }
    invalid.remove(offsets[lane]);
    long made = block.shared.writer(offsets[lane]);
    live.put(offsets[lane], new Phases(block.cluster.order, count, made));
  }

  void invalidate(Warp w, Op op, int lane, int[] offsets) {
    if (find(w, op, lane, offsets) != null) {
      live.remove(offsets[lane]);
      invalid.add(offsets[lane]);
    }
  }

  static void report(Warp w, Op op, int lane, String why) {
    if (w.block.launch.barriers) {
      w.report(Kind.BAD_MBARRIER, lane, op, () -> new Message("Mbarrier error: " + why));
    }
  }
}
