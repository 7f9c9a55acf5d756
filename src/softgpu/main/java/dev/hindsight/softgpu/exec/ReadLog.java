package dev.hindsight.softgpu.exec;

import java.util.Arrays;

/// Loads of shared memory since the last barrier of all threads, kept as they were made. What they
/// read is noted by granule only in parts that a store touches: mostly the barrier comes first.
final class ReadLog {
  /// What a load read in one lane, of which what lies in these parts is meant.
  interface Note {
    void read(int offset, int bytes, long stamp, long parts);
  }

  private static final int MOST = 1 << 14;

  /// After so many looks through the log all is told: else stores that come in turn with loads
  /// would go through a log that grows.
  private static final int MOST_REPLAYS = 64;

  private int[] offsets = new int[0];
  private int[] masks = new int[0];
  private int[] widths = new int[0];

  /// Stamps of lane 0.
  private long[] stamps = new long[0];

  /// By load, the parts of shared memory that it read and of which it has not been told.
  private long[] untold = new long[0];

  private int count;
  private int replays;

  /// Those of all.
  long parts;

  private final Note note;

  ReadLog(Note note) {
    this.note = note;
  }

  void add(int mask, int[] from, int bytes, long stamp, long partsRead) {
    if (count == MOST) {
      replay(-1);
      clear();
    }
    if (count == masks.length) {
      int size = Math.max(64, count * 2);
      offsets = Arrays.copyOf(offsets, size * Warp.LANES);
      masks = Arrays.copyOf(masks, size);
      widths = Arrays.copyOf(widths, size);
      stamps = Arrays.copyOf(stamps, size);
      untold = Arrays.copyOf(untold, size);
    }
    System.arraycopy(from, 0, offsets, count * Warp.LANES, Warp.LANES);
    masks[count] = mask;
    widths[count] = bytes;
    untold[count] = partsRead;
    stamps[count++] = stamp;
    parts |= partsRead;
  }

  /// Tells what each lane of each load read in these parts, in their order, and forgets it. What
  /// lies in others is left for later: the order matters within a granule alone.
  void replay(long wanted) {
    if ((parts & wanted) == 0) {
      return;
    }
    long now = ++replays == MOST_REPLAYS ? -1 : wanted;
    for (int n = 0; n < count; n++) {
      long told = untold[n] & now;
      untold[n] &= ~now;
      for (int rest = told == 0 ? 0 : masks[n]; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long stamp = stamps[n] | (long) lane << SharedMemory.LANE;
        note.read(offsets[n * Warp.LANES + lane], widths[n], stamp, told);
      }
    }
    parts &= ~now;
    if (parts == 0) {
      clear();
    }
  }

  void clear() {
    count = 0;
    replays = 0;
    parts = 0;
  }
}
