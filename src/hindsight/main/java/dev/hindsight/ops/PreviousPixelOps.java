package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireElements;

import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks [PreviousPixel], which has no gradient.
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
    return y;
  }
}
