package dev.hindsight.backend.cpu.core;

import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;

/// Sums over images whose order depends on their number alone, never on the threads: images are cut
/// into at most 16 groups, each group has a sum of its own, and these are added in order.
public final class GroupSums {
  private static final int GROUPS = 16;

  /// Floats of a share of the last addition.
  private static final long SHARE = 1 << 14;

  private final Engine engine;
  private long floats;
  private int groups;

  public GroupSums(Engine engine) {
    this.engine = engine;
  }

  /// What is done for one image, on top of what its group has summed up so far.
  @FunctionalInterface
  public interface Image {
    void add(int image, int worker, long sums);
  }

  /// Room for `more` floats, which the sums of a [#run] over as many images leave alone.
  public long roomBehind(int images, long floats, long more) {
    long all = floats * Math.ceilDiv(images, Math.ceilDiv(images, GROUPS));
    engine.shared().reserve(all + more);
    return Native.at(engine.shared().of(0), all);
  }

  /// Runs all images, a share for each group.
  ///
  /// @param floats of a sum; it begins as zeros
  public void run(int images, long floats, Image work) {
    int each = Math.ceilDiv(images, GROUPS);
    this.floats = floats;
    this.groups = Math.ceilDiv(images, each);
    engine.shared().reserve(floats * groups);
    long all = engine.shared().of(0);
    engine.run(
        groups,
        (group, worker) -> {
          long sums = Native.at(all, group * floats);
          Loops.fill(0, sums, floats);
          int end = Math.min(images, (group + 1) * each);
          for (int image = group * each; image < end; image++) {
            work.add(image, worker, sums);
          }
        });
  }

  /// to (C,R) += the transpose of the (R,C) floats that every group's sum begins with
  public void addTurnedTo(long to, int rows, int columns) {
    long count = (long) rows * columns;
    engine.scratch().reserve(2 * count);
    long sum = engine.own(0);
    long turned = Native.at(sum, count);
    Loops.fill(0, sum, count);
    addTo(sum, 0, count);
    Native.transpose(sum, rows, columns, columns, turned, rows);
    Loops.add(to, turned, to, count);
  }

  /// to += floats `from .. from + count - 1` of every group's sum
  public void addTo(long to, long from, long count) {
    long all = Native.at(engine.shared().of(0), from);
    engine.run(
        Math.toIntExact((count + SHARE - 1) / SHARE),
        (share, worker) -> {
          long at = Native.at(0, share * SHARE);
          long size = Math.min(SHARE, count - share * SHARE);
          for (int group = 0; group < groups; group++) {
            Loops.add(to + at, Native.at(all, group * floats) + at, to + at, size);
          }
        });
  }
}
