package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;

import dev.hindsight.backend.Attention;
import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Attention that only looks back, checked and differentiable; [Ops] names its functions.
final class AttentionOps {
  private final Attention backend;
  private final Scope scope;
  private final @Nullable Tape tape;

  AttentionOps(Backend backend, Scope scope, @Nullable Tape tape) {
    this.backend = backend.attention();
    this.scope = scope;
    this.tape = tape;
  }

  Tensor triangularSoftmax(Tensor scores, float scale) {
    int rank = scores.shape().rank();
    require(
        rank >= 2 && scores.dim(rank - 1) == scores.dim(rank - 2),
        "triangularSoftmax: needs scores (*, T, T) but got %s",
        scores.shape());
    require(Float.isFinite(scale), "triangularSoftmax: scale must be a number but is %s", scale);
    Tensor p = scope.floats(scores.shape().dims());
    backend.triangularSoftmax(scores, scale, p);
    if (tape != null) {
      Tape t = tape;
      t.push(
          p,
          dp -> {
            Tensor dscores = t.grad(scores);
            if (dscores != null) {
              backend.triangularSoftmaxBackward(p, scale, dp, dscores);
            }
          });
    }
    return p;
  }

  Tensor causalAttention(Tensor qkv, int heads) {
    require(
        qkv.shape().rank() == 3, "causalAttention: needs qkv (B, T, 3C) but got %s", qkv.shape());
    requireHeads("causalAttention", qkv, heads);
    int images = qkv.dim(0);
    int length = qkv.dim(1);
    Tensor y = scope.floats(images, length, qkv.channels() / 3);
    Tensor lse = scope.floats(images, heads, length);
    backend.causalAttention(qkv, heads, y, lse);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy -> {
            Tensor dqkv = t.grad(qkv);
            if (dqkv != null) {
              Tensor delta = scope.floats(images, heads, length);
              backend.causalAttentionBackward(qkv, heads, y, lse, dy, delta, dqkv);
            }
          });
    }
    return y;
  }

  Tensor attendStep(Tensor qkv, int heads, int position, Tensor keys, Tensor values) {
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
    Tensor y = scope.floats(qkv.rows(), channels);
    backend.attendStep(qkv, heads, position, keys, values, y);
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
        1 <= width && width <= Attention.LARGEST_HEAD,
        "%s: a head must be 1 to %d channels wide but is %d; change width or heads",
        op,
        Attention.LARGEST_HEAD,
        width);
  }
}
