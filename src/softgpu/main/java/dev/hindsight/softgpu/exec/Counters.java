package dev.hindsight.softgpu.exec;

import java.util.Arrays;

/// Counts of one worker: per op, how many warps and lanes executed it and what memory did.
public final class Counters {
  public final long[] warps;
  public final long[] lanes;
  public final long[] requests;

  /// Sectors of global accesses, or passes of shared ones.
  public final long[] actual;

  public final long[] ideal;
  public final long[] bytes;

  private final int[] bankWords = new int[32 * 32];
  private final int[] bankCount = new int[32];

  public Counters(int ops) {
    warps = new long[ops];
    lanes = new long[ops];
    requests = new long[ops];
    actual = new long[ops];
    ideal = new long[ops];
    bytes = new long[ops];
  }

  void step(int pc, int mask) {
    warps[pc]++;
    lanes[pc] += Integer.bitCount(mask);
  }

  /// Adds what another worker counted.
  public void add(Counters other) {
    for (int pc = 0; pc < warps.length; pc++) {
      warps[pc] += other.warps[pc];
      lanes[pc] += other.lanes[pc];
      requests[pc] += other.requests[pc];
      actual[pc] += other.actual[pc];
      ideal[pc] += other.ideal[pc];
      bytes[pc] += other.bytes[pc];
    }
  }

  /// A global access: counts the distinct 32-byte sectors and the distinct bytes' least number.
  public void global(int pc, int mask, long[] addresses, int width) {
    long[] sectors = new long[Warp.LANES];
    int distinct = 0;
    int lanesIn = Integer.bitCount(mask);
    long[] seen = new long[Warp.LANES];
    int places = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      long a = addresses[Integer.numberOfTrailingZeros(rest)];
      if (absent(sectors, distinct, a >>> 5)) {
        sectors[distinct++] = a >>> 5;
      }
      if (absent(seen, places, a)) {
        seen[places++] = a;
      }
    }
    requests[pc]++;
    actual[pc] += distinct;
    ideal[pc] += Math.ceilDiv(places * width, 32);
    bytes[pc] += (long) lanesIn * width;
  }

  private static boolean absent(long[] list, int count, long value) {
    for (int i = count - 1; i >= 0; i--) {
      if (list[i] == value) {
        return false;
      }
    }
    return true;
  }

  /// A shared access: passes of 32 lanes for 4 bytes, 16 for 8, 8 for 16, each as long as its most
  /// wanted bank. Of wide accesses one pass serves twice the lanes where they come in pairs that
  /// want the same: each lane and its neighbour, or each and the next but one.
  public void shared(int pc, int mask, int[] offsets, int width) {
    int words = Math.max(1, width / 4);
    boolean pairs = words > 1 && (pairs(mask, offsets, 1) || pairs(mask, offsets, 2));
    int phase = pairs ? 64 / words : 32 / words;
    requests[pc]++;
    bytes[pc] += (long) Integer.bitCount(mask) * width;
    for (int from = 0; from < Warp.LANES; from += phase) {
      Arrays.fill(bankCount, 0);
      int most = 0;
      for (int lane = from; lane < from + phase; lane++) {
        if ((mask >>> lane & 1) != 0) {
          for (int k = 0; k < words; k++) {
            most = Math.max(most, bank((offsets[lane] >> 2) + k));
          }
        }
      }
      actual[pc] += most;
      ideal[pc] += most > 0 ? 1 : 0;
    }
  }

  private static boolean pairs(int mask, int[] offsets, int distance) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int other = lane ^ distance;
      if ((mask >>> other & 1) != 0 && offsets[lane] != offsets[other]) {
        return false;
      }
    }
    return true;
  }

  /// Notes a word and returns how many different words its bank must serve by now.
  private int bank(int word) {
    int bank = word & 31;
    for (int i = 0; i < bankCount[bank]; i++) {
      if (bankWords[bank * 32 + i] == word) {
        return bankCount[bank];
      }
    }
    bankWords[bank * 32 + bankCount[bank]] = word;
    return ++bankCount[bank];
  }
}
