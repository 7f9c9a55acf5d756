package dev.hindsight.softgpu.exec;

/// An op that computes lane by lane on raw bits: general, and fast enough for what is rare.
public final class Scalar extends Op {
  /// What one lane computes; sources that the op lacks are 0.
  public interface Lane {
    long apply(long a, long b, long c);
  }

  private final Ref d;
  private final Ref a;
  private final Ref b;
  private final Ref c;
  private final Lane lane;

  public Scalar(Ref d, Ref a, Ref b, Ref c, Lane lane) {
    this.d = d;
    this.a = a;
    this.b = b;
    this.c = c;
    this.lane = lane;
  }

  @Override
  public void exec(Warp w, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      d.set(w, k, lane.apply(a.get(w, k), b.get(w, k), c.get(w, k)));
    }
  }
}
