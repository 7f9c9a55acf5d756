package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [EmbedPrevious].
final class EmbedPreviousOps {
  private EmbedPreviousOps() {}

  static Tensor embedPrevious(Ops ops, Tensor pixels, Tensor table, Tensor position) {
    int channels = requireEmbedding(pixels, table, position);
    EmbedPrevious embed = ops.backend().embedPrevious();
    Tensor y = ops.like(pixels, Shape.of(pixels.rows(), position.dim(0), table.channels()));
    embed.forward(pixels, table, position, y);
    ops.structure(s -> s.reads(y, pixels, Reads.previous(pixels, channels)));
    boolean asked = PreviousPixelOps.asked(ops, pixels);
    require(
        !asked || table.dim(0) == 2 * channels,
        "embedPrevious: pixels have a gradient where they have 2 levels, but those of %d channels"
            + " have table %s",
        channels,
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

  /// A channel chooses one of two rows. Its gradient is that along the line from the one to the
  /// other, `dy·(table[2c + 1] - table[2c])`.
  private static void addToPrevious(Ops ops, Tape t, Tensor dy, Tensor table, Tensor pixels) {
    int channels = table.dim(0) / 2;
    Tensor ends = ops.scope().floats(dy.dim(0), dy.dim(1), 2 * channels);
    Tensor difference = ops.scope().floats(channels, 2 * channels);
    Tensor slope = ops.scope().floats(dy.dim(0), dy.dim(1), channels);
    ops.backend().write(difference, differences(channels));
    ops.backend().linear().forward(dy, table, null, Activation.IDENTITY, ends);
    ops.backend().linear().forward(ends, difference, null, Activation.IDENTITY, slope);
    PreviousPixelOps.addToPrevious(ops, t, slope, channels, pixels);
  }

  /// Row c takes number 2c from number 2c + 1.
  private static float[] differences(int channels) {
    float[] rows = new float[channels * 2 * channels];
    for (int c = 0; c < channels; c++) {
      int first = c * 2 * channels + 2 * c;
      rows[first] = -1;
      rows[first + 1] = 1;
    }
    return rows;
  }

  /// Requires shapes that fit.
  ///
  /// @return channels of a pixel
  private static int requireEmbedding(Tensor pixels, Tensor table, Tensor position) {
    requireElements("embedPrevious", pixels);
    requireElements("embedPrevious", table);
    requireElements("embedPrevious", position);
    int channels = pixels.channels() / position.dim(0);
    require(
        table.shape().rank() == 2
            && position.shape().rank() == 2
            && channels * position.dim(0) == pixels.channels()
            && table.dim(0) % channels == 0
            && position.channels() == table.channels(),
        "embedPrevious: pixels %s of T places need table (C·V, O) and position (T, O), C·T = %d,"
            + " but they are %s and %s",
        pixels.shape(),
        pixels.channels(),
        table.shape(),
        position.shape());
    require(
        table.dim(0) / channels <= EmbedPrevious.MOST_LEVELS,
        "embedPrevious: pixels have up to %d levels, but those of %d channels have table %s",
        EmbedPrevious.MOST_LEVELS,
        channels,
        table.shape());
    return channels;
  }
}
