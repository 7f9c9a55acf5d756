package dev.hindsight.softgpu.exec;

import java.util.Arrays;

/// Loads of shared memory since the last barrier of all threads, kept as they were made. What they
/// read is noted by granule only where a store may touch the same: mostly the barrier comes first.
final class ReadLog {
  /// What a load read in one lane.
  interface Note {
    void read(int offset, int bytes, long stamp);
  }

  private static final int MOST = 1 << 14;

  private int[] offsets = new int[0];
  private int[] masks = new int[0];
  private int[] widths = new int[0];

  /// Stamps of lane 0.
  private long[] stamps = new long[0];

  private int count;

  /// The parts of shared memory that they read.
  long parts;

  boolean isFull() {
    return count == MOST;
  }

  void add(int mask, int[] from, int bytes, long stamp, long partsRead) {
    if (count == masks.length) {
      int size = Math.max(64, count * 2);
      offsets = Arrays.copyOf(offsets, size * Warp.LANES);
      masks = Arrays.copyOf(masks, size);
      widths = Arrays.copyOf(widths, size);
      stamps = Arrays.copyOf(stamps, size);
    }
    System.arraycopy(from, 0, offsets, count * Warp.LANES, Warp.LANES);
    masks[count] = mask;
    widths[count] = bytes;
    stamps[count++] = stamp;
    parts |= partsRead;
  }

  /// Tells of each lane of each load, in their order, and forgets them.
  void replay(Note note) {
    for (int n = 0; n < count; n++) {
      for (int rest = masks[n]; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long stamp = stamps[n] | (long) lane << SharedMemory.LANE;
        note.read(offsets[n * Warp.LANES + lane], widths[n], stamp);
      }
    }
    clear();
  }

  void clear() {
    count = 0;
    parts = 0;
  }
}
