package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [EmbedPrevious].
final class EmbedPreviousOps {
  private EmbedPreviousOps() {}

  static Tensor embedPrevious(Ops ops, Tensor pixels, Tensor table, Tensor position) {
    requireEmbedding("embedPrevious", pixels, table, position);
    EmbedPrevious embed = ops.backend().embedPrevious();
    Tensor y = ops.floats(Shape.of(pixels.rows(), pixels.channels(), table.channels()));
    embed.forward(pixels, table, position, y);
    return ops.record(y, (t, dy) -> embed.backward(pixels, dy, t.grad(table), t.grad(position)));
  }

  static Tensor embedPreviousAt(Ops ops, Tensor pixels, int t, Tensor table, Tensor position) {
    requireEmbedding("embedPreviousAt", pixels, table, position);
    require(
        0 <= t && t < pixels.channels(),
        "embedPreviousAt: place %d is not in 0 to %d",
        t,
        pixels.channels() - 1);
    Tensor y = ops.floats(Shape.of(pixels.rows(), table.channels()));
    ops.backend().embedPrevious().embedPreviousAt(pixels, t, table, position, y);
    return y;
  }

  private static void requireEmbedding(String op, Tensor pixels, Tensor table, Tensor position) {
    requireElements(op, pixels);
    requireElements(op, table);
    require(
        table.shape().rank() == 2
            && position.shape().rank() == 2
            && position.dim(0) == pixels.channels()
            && position.channels() == table.channels(),
        "%s: pixels %s need table (V, C) and position (%d, C) but they are %s and %s",
        op,
        pixels.shape(),
        pixels.channels(),
        table.shape(),
        position.shape());
  }
}
