package dev.hindsight.softgpu.exec;

/// `ldmatrix` and `stmatrix`: 8x8 matrices of 16-bit elements, whose rows lie in shared memory.
public final class MatrixRows extends Collective {
  private static final int ROW = 16;

  private final Place place;

  /// A register for each matrix.
  private final Ref[] words;

  private final boolean transposed;
  private final boolean store;

  public MatrixRows(Place place, Ref[] words, boolean transposed, boolean store) {
    this.place = place;
    this.words = words;
    this.transposed = transposed;
    this.store = store;
  }

  boolean stores() {
    return store;
  }

  @Override
  protected void gather(Warp w, int mask, LaneValues x) {
    System.arraycopy(place.offsets(w), 0, x.strides, 0, Warp.LANES);
    for (int r = 0; store && r < words.length; r++) {
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
      counters.shared(pc, rows, offsets, ROW);
    }
    int ok =
        store
            ? memory.write(w, this, rows, offsets, ROW, false, null)
            : memory.read(w, this, rows, offsets, ROW, null);
    for (int lane = 0; lane < Warp.LANES; lane++) {
      for (int r = 0; r < words.length; r++) {
        int value = 0;
        for (int e = 0; e < 2; e++) {
          int row = 8 * r + (transposed ? (lane & 3) * 2 + e : lane >> 2);
          int at = offsets[row] + 2 * (transposed ? lane >> 2 : (lane & 3) * 2 + e);
          if ((ok >>> row & 1) == 0) {
            continue;
          }
          if (store) {
            Bytes.set(memory.bytes, at, 2, x.in[r][lane] >>> (16 * e));
          } else {
            value |= (int) Bytes.get(memory.bytes, at, 2) << (16 * e);
          }
        }
        x.out[r][lane] = value;
      }
    }
  }

  @Override
  protected void scatter(Warp w, int mask, LaneValues x) {
    for (int r = 0; !store && r < words.length; r++) {
      words[r].scatter(w, mask, x.out[r]);
    }
  }
}
