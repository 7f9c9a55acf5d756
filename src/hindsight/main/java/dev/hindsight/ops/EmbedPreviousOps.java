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
    requireEmbedding(pixels, table, position);
    EmbedPrevious embed = ops.backend().embedPrevious();
    Tensor y = ops.like(pixels, Shape.of(pixels.rows(), pixels.channels(), table.channels()));
    embed.forward(pixels, table, position, y);
    return ops.record(y, (t, dy) -> embed.backward(pixels, dy, t.grad(table), t.grad(position)));
  }

  private static void requireEmbedding(Tensor pixels, Tensor table, Tensor position) {
    requireElements("embedPrevious", pixels);
    requireElements("embedPrevious", table);
    require(
        table.shape().rank() == 2
            && position.shape().rank() == 2
            && position.dim(0) == pixels.channels()
            && position.channels() == table.channels(),
        "embedPrevious: pixels %s need table (V, C) and position (%d, C) but they are %s and %s",
        pixels.shape(),
        pixels.channels(),
        table.shape(),
        position.shape());
  }
}
