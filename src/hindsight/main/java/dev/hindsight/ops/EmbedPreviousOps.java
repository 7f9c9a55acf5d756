package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.backend.Activation;
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
    ops.structure(s -> s.reads(y, pixels, Reads.previous(pixels, 1)));
    boolean asked = PreviousPixelOps.asked(ops, pixels);
    require(
        !asked || table.dim(0) == 2,
        "embedPrevious: pixels have a gradient where they have 2 values, but table is %s",
        table.shape());
    return ops.record(
        y,
        (t, dy) -> {
          if (asked) {
            addToPrevious(ops, t, dy, table, pixels);
          }
          embed.backward(pixels, dy, t.grad(table), t.grad(position));
        });
  }

  /// A pixel chooses one of two rows. Its gradient is that along the line from the one to the
  /// other, `dy·(table[1] - table[0])`.
  private static void addToPrevious(Ops ops, Tape t, Tensor dy, Tensor table, Tensor pixels) {
    Tensor ends = ops.scope().floats(dy.dim(0), dy.dim(1), 2);
    Tensor difference = ops.scope().floats(1, 2);
    Tensor slope = ops.scope().floats(dy.dim(0), dy.dim(1), 1);
    ops.backend().write(difference, new float[] {-1, 1});
    ops.backend().linear().forward(dy, table, null, Activation.IDENTITY, ends);
    ops.backend().linear().forward(ends, difference, null, Activation.IDENTITY, slope);
    PreviousPixelOps.addToPrevious(ops, t, slope, 1, pixels);
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
