package dev.hindsight.softgpu.exec;

/// `ldmatrix`: loads 8x8 matrices of 16-bit elements from rows in shared memory.
public final class LoadMatrix extends Collective {
  private final Place place;
  private final Ref[] d;
  private final boolean transposed;

  public LoadMatrix(Place place, Ref[] d, boolean transposed) {
    this.place = place;
    this.d = d;
    this.transposed = transposed;
  }

  @Override
  protected void gather(Warp w, int mask, LaneValues x) {
    int[] offsets = place.offsets(w);
    System.arraycopy(offsets, 0, x.in[0], 0, Warp.LANES);
  }

  @Override
  protected void compute(Warp w, int mask, LaneValues x) {
    int rows = d.length == 4 ? Warp.FULL : (1 << (8 * d.length)) - 1;
    int[] offsets = x.in[0];
    SharedMemory memory = w.block.shared;
    Counters counters = w.block.counters;
    if (counters != null) {
      counters.shared(pc, rows, offsets, 16);
    }
    int ok = memory.read(w, this, rows, offsets, 16, null);
    for (int lane = 0; lane < Warp.LANES; lane++) {
      for (int r = 0; r < d.length; r++) {
        int value = 0;
        for (int e = 0; e < 2; e++) {
          int row = 8 * r + (transposed ? (lane & 3) * 2 + e : lane >> 2);
          int column = transposed ? lane >> 2 : (lane & 3) * 2 + e;
          if ((ok >>> row & 1) != 0) {
            value |= (int) Bytes.get(memory.bytes, offsets[row] + 2 * column, 2) << (16 * e);
          }
        }
        x.out[r][lane] = value;
      }
    }
  }

  @Override
  protected void scatter(Warp w, int mask, LaneValues x) {
    for (int r = 0; r < d.length; r++) {
      d[r].scatter(w, mask, x.out[r]);
    }
  }
}
