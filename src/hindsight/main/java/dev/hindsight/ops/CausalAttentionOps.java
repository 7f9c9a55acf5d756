package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.backend.CausalAttention;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [CausalAttention].
final class CausalAttentionOps {
  private CausalAttentionOps() {}

  static Tensor causalAttention(Ops ops, Tensor qkv, int heads) {
    requireElements("causalAttention", qkv);
    require(
        qkv.shape().rank() == 3, "causalAttention: needs qkv (B, T, 3C) but got %s", qkv.shape());
    requireHeads("causalAttention", qkv, heads);
    CausalAttention attention = ops.backend().causalAttention();
    int images = qkv.dim(0);
    int length = qkv.dim(1);
    Tensor y = ops.floats(qkv.shape().withChannels(qkv.channels() / 3));
    Tensor lse = ops.floats(Shape.of(images, heads, length));
    attention.forward(qkv, heads, y, lse);
    return ops.record(
        y,
        (t, dy) -> {
          Tensor dqkv = t.grad(qkv);
          if (dqkv != null) {
            Tensor delta = ops.floats(Shape.of(images, heads, length));
            attention.backward(qkv, heads, y, lse, dy, delta, dqkv);
          }
        });
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
    Tensor p = ops.floats(scores.shape());
    attention.triangularSoftmax(scores, scale, p);
    return ops.record(
        p,
        (t, dp) -> {
          Tensor dscores = t.grad(scores);
          if (dscores != null) {
            attention.triangularSoftmaxBackward(p, scale, dp, dscores);
          }
        });
  }

  static Tensor attendStep(
      Ops ops, Tensor qkv, int heads, int position, Tensor keys, Tensor values) {
    requireHeads("attendStep", qkv, heads);
    int channels = qkv.channels() / 3;
    require(
        keys.shape().equals(values.shape())
            && keys.shape().rank() == 3
            && keys.dim(0) == qkv.rows()
            && keys.channels() == channels,
        "attendStep: qkv %s needs keys and values (%d, T, %d) but they are %s and %s",
        qkv.shape(),
        qkv.rows(),
        channels,
        keys.shape(),
        values.shape());
    require(
        0 <= position && position < keys.dim(1),
        "attendStep: position %d is not in 0 to %d",
        position,
        keys.dim(1) - 1);
    Tensor y = ops.floats(Shape.of(qkv.rows(), channels));
    ops.backend().causalAttention().attendStep(qkv, heads, position, keys, values, y);
    return y;
  }

  private static void requireHeads(String op, Tensor qkv, int heads) {
    require(
        heads >= 1 && qkv.channels() % (3 * heads) == 0,
        "%s: qkv %s cannot be cut into q, k and v of %d heads",
        op,
        qkv.shape(),
        heads);
    int width = qkv.channels() / (3 * heads);
    require(
        1 <= width && width <= CausalAttention.LARGEST_HEAD,
        "%s: a head must be 1 to %d channels wide but is %d; change width or heads",
        op,
        CausalAttention.LARGEST_HEAD,
        width);
  }
}
