package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks `PreviousPixel`, and differentiates it where somebody asks for the gradient of pixels,
/// which no training does: out of plain copies, since it need not be fast.
final class PreviousPixelOps {
  private PreviousPixelOps() {}

  static Tensor previousPixel(Ops ops, Tensor pixels, int channels, int side) {
    requireElements("previousPixel", pixels);
    require(
        channels >= 1 && side >= 1 && pixels.channels() % Math.multiplyExact(channels, side) == 0,
        "previousPixel: pixels %s are no rows of %d with %d channels",
        pixels.shape(),
        side,
        channels);
    Tensor y =
        ops.like(pixels, Shape.of(pixels.rows(), pixels.channels() / channels, channels + 2));
    ops.backend().previousPixel().forward(pixels, side, y);
    ops.structure(s -> s.reads(y, pixels, Reads.previous(pixels, channels)));
    return asked(ops, pixels)
        ? ops.record(
            y, (t, dy) -> addToPrevious(ops, t, dy, channels, pixels)) // places depend on none
        : y;
  }

  static boolean asked(Ops ops, Tensor pixels) {
    Tape tape = ops.tape();
    return tape != null && tape.reaches(pixels);
  }

  /// Adds the first channels of what place `t` gets to the gradient of pixel t - 1.
  ///
  /// @param dy (B,T,O)
  /// @param channels C of a pixel, at most O
  /// @param pixels (B,T·C)
  static void addToPrevious(Ops ops, Tape tape, Tensor dy, int channels, Tensor pixels) {
    int width = dy.channels();
    int length = pixels.channels() / channels;
    Tensor places = dy.part(0, Shape.of(pixels.rows(), length * width));
    Tensor dx = ops.scope().zeros(pixels.rows(), pixels.channels());
    for (int t = 1; t < length; t++) {
      ops.backend().copyColumns(places, t * width, dx, (t - 1) * channels, channels);
    }
    tape.add(ops.backend(), dx, pixels);
  }
}
