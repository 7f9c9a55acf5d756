package dev.hindsight.softgpu.exec;

/// `stmatrix`: stores 8x8 matrices of 16-bit elements to rows in shared memory.
public final class StoreMatrix extends Collective {
  private final Place place;
  private final Ref[] words;
  private final boolean transposed;

  public StoreMatrix(Place place, Ref[] words, boolean transposed) {
    this.place = place;
    this.words = words;
    this.transposed = transposed;
  }

  @Override
  protected void gather(Warp w, int mask, LaneValues x) {
    System.arraycopy(place.offsets(w), 0, x.strides, 0, Warp.LANES);
    for (int r = 0; r < words.length; r++) {
      words[r].gather(w, mask, x.in[r]);
    }
  }

  @Override
  protected void compute(Warp w, int mask, LaneValues x) {
    int rows = words.length == 4 ? Warp.FULL : (1 << (8 * words.length)) - 1;
    int[] offsets = x.strides;
    SharedMemory memory = w.block.shared;
    Counters counters = w.block.counters;
    if (counters != null) {
      counters.shared(pc, rows, offsets, 16);
    }
    int ok = memory.write(w, this, rows, offsets, 16, false, null);
    for (int lane = 0; lane < Warp.LANES; lane++) {
      for (int i = 0; i < 2 * words.length; i++) {
        int e = i & 1;
        int row = 8 * (i >> 1) + (transposed ? (lane & 3) * 2 + e : lane >> 2);
        int column = transposed ? lane >> 2 : (lane & 3) * 2 + e;
        if ((ok >>> row & 1) != 0) {
          Bytes.set(memory.bytes, offsets[row] + 2 * column, 2, x.in[i >> 1][lane] >>> (16 * e));
        }
      }
    }
  }

  @Override
  protected void scatter(Warp w, int mask, LaneValues x) {}
}
