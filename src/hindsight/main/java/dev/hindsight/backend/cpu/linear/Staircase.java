package dev.hindsight.backend.cpu.linear;

import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;

/// The block of weights at the edge of a panel, of which some exist and some do not.
///
/// A product over the block must not let a weight that does not exist act, nor a value that an
/// output may not see: 0·NaN is NaN. So the weights are copied with zeros above the staircase; and
/// where a value is not finite, the product runs without it, and it is then spread to exactly those
/// that see it. Zeros added to a sum do not change its bits, so what a value may not reach is the
/// same to the last bit whatever the value holds.
///
/// @param firstOutput outputs of the block are `firstOutput .. firstOutput + outputs - 1`
record Staircase(Degrees degrees, int firstOutput, int outputs, int firstInput, int inputs) {
  /// Number of inputs of the block that output `o` sees; it sees the first ones.
  private int seen(int o) {
    return Math.clamp(degrees.live(firstOutput + o) - (long) firstInput, 0, inputs);
  }

  /// The weights of the block, zero where they do not exist, (outputs, inputs) without gaps.
  Matrix copyWeights(Matrix w, long to) {
    Stored stored = w.stored();
    Matrix packed = Matrix.dense(stored, to, outputs, inputs);
    for (int o = 0; o < outputs; o++) {
      int live = seen(o);
      stored.copy(w.at(firstOutput + o, firstInput), packed.row(o), live);
      stored.zero(packed.at(o, live), inputs - live);
    }
    return packed;
  }

  /// dw += floats (outputs, inputs) where a weight exists.
  void addGradient(Matrix packed, Matrix dw) {
    for (int o = 0; o < outputs; o++) {
      long row = dw.at(firstOutput + o, firstInput);
      Loops.add(row, packed.row(o), row, seen(o));
    }
  }

  /// Adds `x[n,i]·w[o,i]` to y for each value of x that is not finite, or, `backward`,
  /// `dy[n,o]·w[o,i]` to dx for each such value of dy.
  ///
  /// @param packed the weights of the block
  /// @param from the rows' values in the block: x, or dy
  /// @param to floats: the block's part of y, or of dx
  void spread(boolean backward, Matrix packed, Matrix from, Matrix to) {
    for (int row = 0; row < from.rows(); row++) {
      for (int k = 0; k < from.columns(); k++) {
        float value = from.stored().get(from.at(row, k));
        for (int other = 0; other < to.columns() && !Float.isFinite(value); other++) {
          int o = backward ? k : other;
          int i = backward ? other : k;
          if (i < seen(o)) {
            long target = to.at(row, other);
            float product = value * packed.stored().get(packed.at(o, i));
            Native.put(target, Native.get(target) + product);
          }
        }
      }
    }
  }
}
