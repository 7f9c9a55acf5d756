package dev.hindsight.model.pixelrnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.nn.DiagonalBiLstm;
import dev.hindsight.nn.ImageLstm;
import dev.hindsight.nn.RowLstm;
import dev.hindsight.sample.PixelRows;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// What a sampler keeps of an LSTM, and how it goes on by a pixel.
sealed interface LayerStates permits RowStates, DiagonalStates {
  /// Of a layer that has seen nothing yet.
  static LayerStates of(Backend backend, Scope scope, ImageLstm lstm, int batch, int hidden) {
    return switch (lstm) {
      case RowLstm row -> new RowStates(backend, scope, row, batch, hidden);
      case DiagonalBiLstm diagonal -> new DiagonalStates(backend, scope, diagonal, batch, hidden);
    };
  }

  /// Goes on to a pixel.
  ///
  /// @param x what the layer reads: the row up to the pixel
  /// @return (B,H), until the next one
  Tensor next(PixelRows x, int row, int column);

  /// Does what needs a whole row, after its last pixel; some row is to follow.
  void endRow(PixelRows x, int row);
}
