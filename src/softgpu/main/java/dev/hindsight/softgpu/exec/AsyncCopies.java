package dev.hindsight.softgpu.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The cp.async copies of a warp that are under way. Their bytes appear at the wait and not before.
public final class AsyncCopies {
  /// One copy instruction: data of each lane, where it goes, and the group of each lane.
  @SuppressWarnings("ArrayRecordComponent")
  private record Copy(
      long number, Op op, int[] offsets, byte[] data, int bytes, int[] group, int[] lanesLeft) {}

  private final List<Copy> pending = new ArrayList<>();
  private long latest;
  private final int[] committed = new int[Warp.LANES];

  void reset() {
    pending.clear();
    Arrays.fill(committed, 0);
  }

  boolean isEmpty() {
    return pending.isEmpty();
  }

  void add(Op op, int mask, int[] offsets, byte[] data, int bytes) {
    pending.add(
        new Copy(++latest, op, offsets.clone(), data, bytes, committed.clone(), new int[] {mask}));
  }

  public void commit(int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      committed[Integer.numberOfTrailingZeros(rest)]++;
    }
  }

  /// The number of the copy that began last.
  long latest() {
    return latest;
  }

  /// Lets all groups but the latest `allowed` appear; -1 also those that are not committed.
  public void await(Warp w, int mask, int allowed) {
    await(w, mask, (copy, lane) -> allowed < 0 || copy.group[lane] < committed[lane] - allowed);
  }

  /// Lets the copies appear that began up to this one.
  void land(Warp w, int mask, long last) {
    await(w, mask, (copy, _) -> copy.number <= last);
  }

  private interface Due {
    boolean is(Copy copy, int lane);
  }

  private void await(Warp w, int mask, Due which) {
    for (int k = 0; k < pending.size(); k++) {
      Copy copy = pending.get(k);
      int due = 0;
      for (int rest = copy.lanesLeft[0] & mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        due |= which.is(copy, lane) ? 1 << lane : 0;
      }
      if (due != 0) {
        w.block.shared.land(w, copy.op, due, copy.offsets, copy.data, copy.bytes);
        copy.lanesLeft[0] &= ~due;
      }
      if (copy.lanesLeft[0] == 0) {
        pending.remove(k--);
      }
    }
  }
}
