package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;

/// `shfl.sync`: every lane reads a register of another one.
public final class Shuffle extends Collective {
  /// How a lane finds its source.
  public enum Mode {
    UP,
    DOWN,
    BFLY,
    IDX
  }

  private final Mode mode;
  private final int d;
  private final int p;
  private final int a;
  private final int b;
  private final int c;

  /// @param p predicate that tells whether the source was in range, or -1
  public Shuffle(Mode mode, int d, int p, int a, int b, int c) {
    this.mode = mode;
    this.d = d;
    this.p = p;
    this.a = a;
    this.b = b;
    this.c = c;
  }

  @Override
  protected void gather(Warp w, int mask, LaneValues x) {
    int[] values = w.i(a, 0);
    int[] lanes = w.i(b, 1);
    int[] bounds = w.i(c, 2);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      x.in[0][k] = values[k];
      x.in[1][k] = lanes[k];
      x.in[2][k] = bounds[k];
    }
  }

  @Override
  protected void compute(Warp w, int mask, LaneValues x) {
    x.preds = 0;
    int[] values = x.in[0];
    int[] out = x.out[0];
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      int from = from(k, x.in[1][k] & 31, x.in[2][k]);
      if (from < 0) {
        out[k] = values[k];
        continue;
      }
      x.preds |= 1 << k;
      if ((mask >>> from & 1) == 0) {
        inactive(w, k, from);
        out[k] = 0;
      } else {
        out[k] = values[from];
      }
    }
  }

  /// The lane that a lane reads, or -1 where that is out of range.
  private int from(int k, int by, int bounds) {
    int segment = bounds >> 8 & 31;
    int most = (k & segment) | (bounds & 31 & ~segment);
    int from =
        switch (mode) {
          case UP -> k - by;
          case DOWN -> k + by;
          case BFLY -> k ^ by;
          case IDX -> (k & segment) | (by & ~segment);
        };
    return (mode == Mode.UP ? from >= most : from <= most) ? from : -1;
  }

  /// The lane whose value a lane gets: its own where the one that it reads is out of range.
  int source(Warp w, int lane) {
    int from = from(lane, w.i(b, 1)[lane] & 31, w.i(c, 2)[lane]);
    return from < 0 ? lane : from & 31;
  }

  private void inactive(Warp w, int lane, int from) {
    if (w.block.launch.shuffles) {
      w.report(
          Kind.INACTIVE_LANE,
          lane,
          this,
          () ->
              new Message(
                  String.format(
                      "Shuffle reads an inactive lane: lane %d reads lane %d, which does not take"
                          + " part",
                      lane, from)));
    }
  }

  @Override
  protected void scatter(Warp w, int mask, LaneValues x) {
    if (w.full(mask) && d >= 0) {
      System.arraycopy(x.out[0], 0, w.ints[d], 0, Warp.LANES);
    } else {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int k = Integer.numberOfTrailingZeros(rest);
        w.setLane(d, k, x.out[0][k]);
      }
    }
    if (p >= 0) {
      w.setPred(p, mask, x.preds);
    }
  }
}
