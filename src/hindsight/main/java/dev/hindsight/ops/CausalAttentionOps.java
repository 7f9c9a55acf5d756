package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAxes;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.CausalAttention;
import dev.hindsight.ops.Reads.Grid;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [CausalAttention].
final class CausalAttentionOps {
  private static final int[] BEFORE = {0, -1}; // all the way back

  private CausalAttentionOps() {}

  static Tensor causalAttention(Ops ops, Tensor qkv, int heads) {
    requireElements("causalAttention", qkv);
    requireAxes("causalAttention", "qkv", qkv, "(B,T,3C)");
    requireHeads(qkv, heads);
    CausalAttention attention = ops.backend().causalAttention();
    int images = qkv.dim(0);
    int length = qkv.dim(1);
    Tensor y = ops.like(qkv, qkv.shape().withChannels(qkv.channels() / 3));
    Tensor lse = ops.scope().floats(images, heads, length);
    ops.structure(
        s -> {
          s.multiplies(images * (length * (length + 1L) / 2) * 2 * y.channels()); // q·k and p·v
          s.reads(y, qkv, Reads.same(y.rows()).and(new Grid(1, length, length).at(BEFORE)));
        });
    attention.forward(qkv, heads, y, lse);
    return ops.record(
        y,
        (t, dy) ->
            t.into(
                qkv,
                dqkv -> {
                  Tensor delta = ops.scope().floats(images, heads, length);
                  attention.backward(qkv, heads, y, lse, dy, delta, dqkv);
                }));
  }

  static Tensor triangularSoftmax(Ops ops, Tensor scores, float scale) {
    requireElements("triangularSoftmax", scores);
    int rank = scores.shape().rank();
    require(
        rank >= 2 && scores.dim(rank - 1) == scores.dim(rank - 2),
        "triangularSoftmax: needs scores (*, T, T) but got %s",
        scores.shape());
    require(Float.isFinite(scale), "triangularSoftmax: scale must be a number but is %s", scale);
    CausalAttention attention = ops.backend().causalAttention();
    Tensor p = ops.like(scores);
    attention.triangularSoftmax(scores, scale, p);
    ops.structure(s -> s.rows(p, scores));
    return ops.record(
        p,
        (t, dp) -> {
          Tensor dscores = t.grad(scores);
          if (dscores != null) {
            attention.triangularSoftmaxBackward(p, scale, dp, dscores);
          }
        });
  }

  private static void requireHeads(Tensor qkv, int heads) {
    require(
        heads >= 1 && qkv.channels() % (3 * heads) == 0,
        "causalAttention: qkv %s cannot be cut into q, k and v of %d heads",
        qkv.shape(),
        heads);
    int width = qkv.channels() / (3 * heads);
    require(
        1 <= width && width <= CausalAttention.LARGEST_HEAD,
        "causalAttention: a head must be 1 to %d channels wide but is %d; change width or heads",
        CausalAttention.LARGEST_HEAD,
        width);
  }
}
