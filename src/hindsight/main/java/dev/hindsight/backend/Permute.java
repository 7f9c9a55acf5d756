package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Columns in another order. The laws of [Backend] hold.
///
/// Everywhere: x and y are (N,I), `columns` (I) of INT32 hold each number from 0 once.
public interface Permute {
  /// `y[n,i] = x[n, columns[i]]`.
  void forward(Tensor x, Tensor columns, Tensor y);

  /// `dx[n, columns[i]] += dy[n,i]`.
  void backward(Tensor dy, Tensor columns, Gradient dx);
}
