package dev.hindsight.backend.cpu;

import java.util.Arrays;

/// Gradients that are zero although nobody has written the zeros yet: an op that writes to all of
/// one saves the zeros and the reading of them. There are few at a time, one or two an op.
///
/// A promise outlives its scope until somebody writes there, as everybody does before reading.
final class BornZero {
  /// Bytes that one thread clears at a time.
  private static final long SHARE = 1 << 20;

  private final Workers workers;
  private long[] start = new long[8];
  private long[] end = new long[8];
  private int count;

  BornZero(Workers workers) {
    this.workers = workers;
  }

  /// From now on these bytes are zero.
  void add(long address, long bytes) {
    forget(address, bytes);
    if (count == start.length) {
      start = Arrays.copyOf(start, 2 * count);
      end = Arrays.copyOf(end, 2 * count);
    }
    start[count] = address;
    end[count++] = address + bytes;
  }

  /// Before anybody reads a part of them or writes to it: writes the zeros.
  void write(long address, long bytes) {
    for (int k = count - 1; k >= 0; k--) {
      if (overlaps(k, address, bytes)) {
        clear(start[k], end[k] - start[k]);
        remove(k);
      }
    }
  }

  /// Whether exactly these bytes are zero without being written; the caller then writes all of
  /// them.
  boolean take(long address, long bytes) {
    for (int k = 0; k < count; k++) {
      if (start[k] == address && end[k] == address + bytes) {
        remove(k);
        return true;
      }
    }
    write(address, bytes);
    return false;
  }

  /// They are zero by now, or new zeros are promised.
  void forget(long address, long bytes) {
    for (int k = count - 1; k >= 0; k--) {
      if (overlaps(k, address, bytes)) {
        remove(k);
      }
    }
  }

  private boolean overlaps(int k, long address, long bytes) {
    return start[k] < address + bytes && address < end[k];
  }

  private void remove(int k) {
    count--;
    start[k] = start[count];
    end[k] = end[count];
  }

  private void clear(long address, long bytes) {
    workers.run(
        Math.toIntExact((bytes + SHARE - 1) / SHARE),
        (share, worker) -> {
          long from = share * SHARE;
          Raw.zero(address + from, Math.min(SHARE, bytes - from));
        });
  }
}
