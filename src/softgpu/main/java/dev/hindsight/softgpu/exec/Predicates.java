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

  /// Bits of two predicates, all lanes at once.
  public interface Logic {
    int apply(int a, int b);
  }

  /// A predicate, maybe negated.
  public record Source(int index, boolean negated) {
    int bits(Warp w) {
      return negated ? ~w.preds[index] : w.preds[index];
    }
  }

  /// How a comparison is combined with a predicate; -1 as its index leaves it what it is.
  public record Combination(Logic logic, Source with) {
    public int apply(Warp w, int bits) {
      return with.index < 0 ? bits : logic.apply(bits, with.bits(w));
    }
  }

  /// `setp`.
  ///
  /// @param q second result, which gets the opposite comparison, or -1
  public static Op setp(int p, int q, Combination combination, Comparison comparison) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        int bits = comparison.run(w);
        int opposite = q < 0 ? 0 : combination.apply(w, ~bits);
        w.setPred(p, mask, combination.apply(w, bits));
        if (q >= 0) {
          w.setPred(q, mask, opposite);
        }
      }
    };
  }

  /// `and.pred` and its like.
  public static Op logic(int d, Source a, Source b, Logic logic) {
    return new Combined(d, a, b, logic);
  }

  /// Two predicates made one.
  static final class Combined extends Op {
    private final int d;
    private final Source a;
    private final Source b;
    private final Logic logic;

    private Combined(int d, Source a, Source b, Logic logic) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.logic = logic;
    }

    @Override
    public void exec(Warp w, int mask) {
      w.setPred(d, mask, logic.apply(a.bits(w), b.bits(w)));
    }

    /// The lanes in which one of them, the first or the second, says all: the other changes
    /// nothing.
    int decidedBy(boolean first, Warp w) {
      int known = (first ? a : b).bits(w);
      return first
          ? ~(logic.apply(known, 0) ^ logic.apply(known, -1))
          : ~(logic.apply(0, known) ^ logic.apply(-1, known));
    }
  }

  /// `selp` of ints.
  public static Op selectInts(int d, int a, int b, Source p) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        int[] out = w.intTarget(d, mask);
        int[] x = w.i(a, 0);
        int[] y = w.i(b, 1);
        int bits = p.bits(w);
        for (int k = 0; k < Warp.LANES; k++) {
          out[k] = (bits >>> k & 1) != 0 ? x[k] : y[k];
        }
        w.commit(d, mask, out);
      }
    };
  }

  public static Op selectFloats(int d, int a, int b, Source p) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        float[] out = w.floatTarget(d, mask);
        float[] x = w.f(a, 0);
        float[] y = w.f(b, 1);
        int bits = p.bits(w);
        for (int k = 0; k < Warp.LANES; k++) {
          out[k] = (bits >>> k & 1) != 0 ? x[k] : y[k];
        }
        w.commit(d, mask, out);
      }
    };
  }

  public static Op selectLongs(int d, int a, int b, Source p) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        long[] out = w.longTarget(d, mask);
        long[] x = w.l(a);
        long[] y = w.l(b);
        int bits = p.bits(w);
        for (int k = 0; k < Warp.LANES; k++) {
          out[k] = (bits >>> k & 1) != 0 ? x[k] : y[k];
        }
        w.commit(d, mask, out);
      }
    };
  }
}
