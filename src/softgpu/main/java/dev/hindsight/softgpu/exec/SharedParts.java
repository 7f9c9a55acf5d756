package dev.hindsight.softgpu.exec;

/// What the threads of a block have done since their last barrier to each of up to 64 parts of
/// shared memory, one bit each. So most accesses are found to be good without a look at granules.
final class SharedParts {
  private final int shift;
  private final int granulesShift;

  /// Parts that were written since the last barrier of all threads.
  long written;

  /// Parts that were read since then.
  long read;

  /// Parts with a granule that is unwritten, that no variable holds, or that awaits a copy.
  long open;

  /// By part: how many such granules.
  private final int[] left = new int[Long.SIZE];

  private final int[] leftAtStart = new int[Long.SIZE];

  /// @param granuleShift of a granule's bytes
  SharedParts(int bytes, int granuleShift) {
    shift = Math.max(granuleShift, Integer.SIZE - Integer.numberOfLeadingZeros(bytes >> 6));
    granulesShift = shift - granuleShift;
  }

  /// Takes the states of the granules as they are when a block starts.
  void layOut(long[] fresh) {
    for (int g = 0; g < fresh.length; g++) {
      leftAtStart[g >> granulesShift] += fresh[g] <= 0 ? 1 : 0;
    }
  }

  void start() {
    barrier();
    System.arraycopy(leftAtStart, 0, left, 0, left.length);
    open = 0;
    for (int part = 0; part < left.length; part++) {
      open |= left[part] > 0 ? 1L << part : 0;
    }
  }

  void barrier() {
    written = 0;
    read = 0;
  }

  void open(int granule) {
    int part = granule >> granulesShift;
    left[part]++;
    open |= 1L << part;
  }

  void close(int granule) {
    int part = granule >> granulesShift;
    if (--left[part] == 0) {
      open &= ~(1L << part);
    }
  }

  /// The part of a granule.
  long of(int granule) {
    return 1L << (granule >> granulesShift);
  }

  /// The parts of the bytes from `first` to `last`.
  long of(int first, int last) {
    return -1L << (first >> shift) & -1L >>> (63 - (last >> shift));
  }
}
