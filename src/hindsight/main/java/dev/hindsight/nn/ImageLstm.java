package dev.hindsight.nn;

import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// An LSTM over images whose rows lie in front of the batch (PixelRNN, section 3).
public sealed interface ImageLstm permits RowLstm, DiagonalBiLstm {
  /// In what order one goes through an image.
  enum Kind {
    /// Row by row, see [RowLstm].
    ROW,
    /// Diagonal by diagonal, from both upper corners, see [DiagonalBiLstm].
    DIAGONAL
  }

  /// x (T,B,W,I) to h (T,B,W,H).
  ///
  /// @param labels (B), see [ClassBias#forward]
  Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels);
}
