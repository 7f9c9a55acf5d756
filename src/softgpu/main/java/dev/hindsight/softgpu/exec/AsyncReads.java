package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// Shared memory that `wgmma` of a warp, or bulk copies of a lane, may read until their group is
/// waited for. Here they read at once; the wait finds what was overwritten meanwhile.
public final class AsyncReads {
  /// @param offsets of each 16 bytes
  /// @param image the bytes themselves
  @SuppressWarnings("ArrayRecordComponent")
  private record Read(Op op, int lane, int[] offsets, byte[] image) {}

  private static final int UNIT = 16;

  private final Kind kind;
  private final String wait;

  /// The latest group last. It is not committed yet.
  private final Deque<List<Read>> groups = new ArrayDeque<>();

  /// @param wait what ends the reads
  AsyncReads(Kind kind, String wait) {
    this.kind = kind;
    this.wait = wait;
    commit();
  }

  void add(Op op, int lane, int[] offsets, byte[] image) {
    groups.getLast().add(new Read(op, lane, offsets, image));
  }

  /// A bulk copy of a lane has read.
  ///
  /// @param grouped whether a group of bulk copies ends it, and not an mbarrier
  static void bulk(Warp w, Op op, int lane, int[] offsets, byte[] image, boolean grouped) {
    for (int at : offsets) {
      w.block.shared.proxy.read(w, op, lane, at, UNIT);
    }
    if (grouped && w.block.launch.asyncCopies) {
      w.bulkReads(lane).add(op, lane, offsets, image);
    }
  }

  public void commit() {
    groups.addLast(new ArrayList<>());
  }

  /// Waits for all groups but the latest that are committed.
  public void await(Warp w, int allowed) {
    while (groups.size() - 1 > allowed) {
      groups.removeFirst().forEach(read -> end(w, read));
    }
  }

  /// Nobody has written what it reads, and who writes it next must come behind the wait.
  private void end(Warp w, Read read) {
    SharedMemory memory = w.block.shared;
    int[] offsets = new int[Warp.LANES];
    for (int u = 0; u < read.offsets.length; u++) {
      int at = read.offsets[u];
      if (at < 0 || at > memory.bytes.length - UNIT) {
        continue; // reported when it was read
      }
      int same = Arrays.mismatch(memory.bytes, at, at + UNIT, read.image, u * UNIT, (u + 1) * UNIT);
      if (same >= 0) {
        overwritten(w, read, at + same);
        return;
      }
      offsets[read.lane] = at;
      memory.read(w, read.op, 1 << read.lane, offsets, UNIT, null);
    }
  }

  private void overwritten(Warp w, Read read, int at) {
    w.report(
        kind,
        read.lane,
        read.op,
        () ->
            new Message(
                "Missing %s: shared memory was overwritten that may still be read".formatted(wait),
                w.block.shared.reports.writer(w, at)));
  }
}
