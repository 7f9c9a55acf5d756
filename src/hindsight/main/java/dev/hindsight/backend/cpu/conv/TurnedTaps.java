package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.product.Matrix;

/// A convolution's weights as its products forward want them, once for all tiles.
final class TurnedTaps {
  private TurnedTaps() {}

  /// Weights (taps·O,I) with each tap turned: (taps·I,O), without gaps.
  static Matrix of(Engine engine, Matrix w, int outputs, long to) {
    int taps = w.rows() / outputs;
    Matrix turned = Matrix.dense(w.stored(), to, taps * w.columns(), outputs);
    engine.run(
        taps,
        (tap, _) -> w.rows(tap * outputs, outputs).transposeTo(turned.row(tap * w.columns())));
    return turned;
  }
}
