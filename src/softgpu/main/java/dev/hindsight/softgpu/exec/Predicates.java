package dev.hindsight.softgpu.exec;

/// Ops that make, combine and use predicates, which are one bit a lane.
public final class Predicates {
  private Predicates() {}

  /// Compares two registers in 32 lanes, one bit each.
  public interface CompareInts {
    int run(int[] a, int[] b);
  }

  public interface CompareFloats {
    int run(float[] a, float[] b);
  }

  public interface CompareLongs {
    int run(long[] a, long[] b);
  }

  /// Bits of three predicates, all lanes at once.
  public interface Logic {
    int apply(int a, int b);
  }

  /// `setp`: the comparison, a predicate that it is combined with, and up to two results.
  public static final class Setp extends Op {
    private final int p;
    private final int q;
    private final int with;
    private final boolean withNegated;
    private final Logic combine;
    private final Comparison comparison;

    /// @param q second result, which gets the opposite comparison, or -1
    /// @param with predicate to combine with, or -1
    public Setp(int p, int q, int with, boolean withNegated, Logic combine, Comparison comparison) {
      this.p = p;
      this.q = q;
      this.with = with;
      this.withNegated = withNegated;
      this.combine = combine;
      this.comparison = comparison;
    }

    @Override
    public void exec(Warp w, int mask) {
      int bits = comparison.run(w);
      int opposite = ~bits;
      if (with >= 0) {
        int c = withNegated ? ~w.preds[with] : w.preds[with];
        bits = combine.apply(bits, c);
        opposite = combine.apply(opposite, c);
      }
      w.setPred(p, mask, bits);
      if (q >= 0) {
        w.setPred(q, mask, opposite);
      }
    }
  }

  /// A comparison of registers of some file.
  public interface Comparison {
    int run(Warp w);
  }

  public static Comparison ints(int a, int b, CompareInts loop) {
    return w -> loop.run(w.i(a, 0), w.i(b, 1));
  }

  public static Comparison floats(int a, int b, CompareFloats loop) {
    return w -> loop.run(w.f(a, 0), w.f(b, 1));
  }

  public static Comparison longs(int a, int b, CompareLongs loop) {
    return w -> loop.run(w.l(a), w.l(b));
  }

  /// `and.pred` and its like.
  public static final class LogicOp extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int flipA;
    private final int flipB;
    private final Logic logic;

    public LogicOp(int d, int a, boolean notA, int b, boolean notB, Logic logic) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.flipA = notA ? -1 : 0;
      this.flipB = notB ? -1 : 0;
      this.logic = logic;
    }

    @Override
    public void exec(Warp w, int mask) {
      w.setPred(d, mask, logic.apply(w.preds[a] ^ flipA, w.preds[b] ^ flipB));
    }
  }

  /// `selp` of ints.
  public static final class SelectInts extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int p;
    private final int flip;

    public SelectInts(int d, int a, int b, int p, boolean not) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.p = p;
      this.flip = not ? -1 : 0;
    }

    @Override
    public void exec(Warp w, int mask) {
      int[] out = w.intTarget(d, mask);
      int[] x = w.i(a, 0);
      int[] y = w.i(b, 1);
      int bits = w.preds[p] ^ flip;
      for (int k = 0; k < Warp.LANES; k++) {
        out[k] = (bits >>> k & 1) != 0 ? x[k] : y[k];
      }
      w.commit(d, mask, out);
    }
  }

  /// `selp` of floats.
  public static final class SelectFloats extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int p;
    private final int flip;

    public SelectFloats(int d, int a, int b, int p, boolean not) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.p = p;
      this.flip = not ? -1 : 0;
    }

    @Override
    public void exec(Warp w, int mask) {
      float[] out = w.floatTarget(d, mask);
      float[] x = w.f(a, 0);
      float[] y = w.f(b, 1);
      int bits = w.preds[p] ^ flip;
      for (int k = 0; k < Warp.LANES; k++) {
        out[k] = (bits >>> k & 1) != 0 ? x[k] : y[k];
      }
      w.commit(d, mask, out);
    }
  }

  /// `selp` of 64-bit registers.
  public static final class SelectLongs extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int p;
    private final int flip;

    public SelectLongs(int d, int a, int b, int p, boolean not) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.p = p;
      this.flip = not ? -1 : 0;
    }

    @Override
    public void exec(Warp w, int mask) {
      long[] out = w.longTarget(d, mask);
      long[] x = w.l(a);
      long[] y = w.l(b);
      int bits = w.preds[p] ^ flip;
      for (int k = 0; k < Warp.LANES; k++) {
        out[k] = (bits >>> k & 1) != 0 ? x[k] : y[k];
      }
      w.commit(d, mask, out);
    }
  }
}
