package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// A bias of each image, chosen by its class: how PixelCNN and WaveNet are conditioned on one (van
/// den Oord et al. 2016, arXiv 1606.05328, eq. 4). The laws of [Backend] hold.
///
/// - x, y, dy (N,C), where row n is of image `n / places % B`; y may be x
/// - table (K,C)
/// - labels (B), each a whole number from 0 to K - 1 in fp32, or [#NO_CLASS]; any other gives NaN
public interface ClassBias {
  /// Label of an image to which nothing is added.
  int NO_CLASS = -1;

  /// `y[n] = x[n] + table[label of row n]`
  ///
  /// @param places rows of an image that lie side by side
  void forward(Tensor x, Tensor table, Tensor labels, int places, Tensor y);

  /// `dtable[k] += Σ dy[n]` over the rows of images of class k. The gradient of x is dy itself.
  void backward(Tensor labels, int places, Tensor dy, Tensor dtable);
}
