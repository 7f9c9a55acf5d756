package dev.hindsight.softgpu.exec;

/// Collectives in which every lane brings one value and gets one: `vote match redux bar.warp`.
public final class Agreement extends Collective {
  /// Computes `out` of all lanes of the mask from their `in`; returns predicate results.
  public interface Rule {
    int apply(int mask, int[] in, int[] high, int[] out);
  }

  private final Ref value;
  private final Ref target;
  private final int pred;
  private final boolean negated;
  private final boolean ordersMemory;
  private final Rule rule;

  /// @param target where the value goes
  /// @param pred where the predicate goes, or -1
  /// @param ordersMemory whether accesses before it come before those after it
  public Agreement(
      Ref value, Ref target, int pred, boolean negated, boolean ordersMemory, Rule rule) {
    this.value = value;
    this.target = target;
    this.pred = pred;
    this.negated = negated;
    this.ordersMemory = ordersMemory;
    this.rule = rule;
  }

  @Override
  protected void gather(Warp w, int mask, LaneValues x) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      long bits = value.get(w, k);
      x.in[0][k] = (int) (negated ? bits ^ 1 : bits);
      x.in[1][k] = (int) (bits >>> 32);
    }
  }

  @Override
  protected void compute(Warp w, int mask, LaneValues x) {
    x.preds = rule.apply(mask, x.in[0], x.in[1], x.out[0]);
    if (ordersMemory) {
      w.meet();
    }
  }

  @Override
  protected void scatter(Warp w, int mask, LaneValues x) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      target.set(w, k, x.out[0][k] & 0xffffffffL);
    }
    if (pred >= 0) {
      w.setPred(pred, mask, x.preds);
    }
  }
}
