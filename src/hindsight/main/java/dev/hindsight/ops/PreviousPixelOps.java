package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks [PreviousPixel], and differentiates it where somebody asks for the gradient of pixels,
/// which no training does: out of plain copies, since it need not be fast.
final class PreviousPixelOps {
  private PreviousPixelOps() {}

  static Tensor previousPixel(Ops ops, Tensor pixels, int side) {
    requireElements("previousPixel", pixels);
    require(
        side >= 1 && pixels.channels() % side == 0,
        "previousPixel: pixels %s are no rows of %d",
        pixels.shape(),
        side);
    Tensor y = ops.like(pixels, Shape.of(pixels.rows(), pixels.channels(), 3));
    ops.backend().previousPixel().forward(pixels, side, y);
    ops.structure(s -> s.reads(y, pixels, Reads.previous(pixels)));
    return asked(ops, pixels)
        ? ops.record(
            y, (t, dy) -> addToPrevious(ops, t, dy, pixels)) // places do not depend on them
        : y;
  }

  static boolean asked(Ops ops, Tensor pixels) {
    Tape tape = ops.tape();
    return tape != null && tape.reaches(pixels);
  }

  /// Adds the first channel of what place `t` gets to the gradient of pixel t - 1.
  ///
  /// @param dy (B,T,C)
  static void addToPrevious(Ops ops, Tape tape, Tensor dy, Tensor pixels) {
    int length = pixels.channels();
    Tensor places = dy.part(0, Shape.of(pixels.rows(), length * dy.channels()));
    Tensor dx = ops.scope().zeros(pixels.rows(), length);
    for (int t = 1; t < length; t++) {
      ops.backend().copyColumn(places, t * dy.channels(), dx, t - 1);
    }
    tape.add(ops.backend(), dx, pixels);
  }
}
