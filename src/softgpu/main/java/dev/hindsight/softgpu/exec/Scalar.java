package dev.hindsight.softgpu.exec;

/// Ops that go lane by lane: general, and fast enough for what is rare.
public final class Scalar {
  private Scalar() {}

  /// What one lane does.
  public interface Body {
    void run(Warp w, int lane);
  }

  /// What one lane computes on raw bits; sources that the op lacks are 0.
  public interface Lane {
    long apply(long a, long b, long c);
  }

  public static Op each(Body body) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          body.run(w, Integer.numberOfTrailingZeros(rest));
        }
      }
    };
  }

  public static Op bits(Ref d, Ref a, Ref b, Ref c, Lane lane) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          int k = Integer.numberOfTrailingZeros(rest);
          d.set(w, k, lane.apply(a.get(w, k), b.get(w, k), c.get(w, k)));
        }
      }
    };
  }
}
