package dev.hindsight.softgpu.exec;

/// Moves bytes that lie side by side between memory and an array, for one lane, by generic
/// addresses.
final class Runs {
  private static final int WIDEST = 8;

  /// By the logarithm of their width.
  private final Words[] loads = new Words[4];

  private final Words[] stores = new Words[4];

  Runs(Op op) {
    for (int k = 0; k < loads.length; k++) {
      loads[k] = new Words(op, 1 << k, false);
      stores[k] = new Words(op, 1 << k, true);
    }
  }

  void load(Warp w, int lane, long address, byte[] to, int at, int count) {
    for (int done = 0; done < count; ) {
      int width = width(address + done, count - done);
      w.addresses[lane] = address + done;
      loads[Integer.numberOfTrailingZeros(width)].move(w, 1 << lane);
      Bytes.set(to, at + done, width, w.laneValues().words[lane]);
      done += width;
    }
  }

  void store(Warp w, int lane, long address, byte[] from, int at, int count) {
    for (int done = 0; done < count; ) {
      int width = width(address + done, count - done);
      w.addresses[lane] = address + done;
      w.laneValues().words[lane] = Bytes.get(from, at + done, width);
      stores[Integer.numberOfTrailingZeros(width)].move(w, 1 << lane);
      done += width;
    }
  }

  private static int width(long address, int left) {
    int aligned = (int) Long.lowestOneBit(address | WIDEST);
    return Math.min(aligned, Integer.highestOneBit(left));
  }
}
