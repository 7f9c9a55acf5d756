package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Rows and columns in another order. The laws of [Backend] hold.
///
/// Everywhere: x and y are (N,I), `rows` (N) and `columns` (I) of INT32 hold each number from 0
/// once, or are null where nothing changes places. `degrees` are those of y; null where all of it
/// exists.
public interface Permute {
  /// `y[n,i] = x[rows[n], columns[i]]`, and 0 where `degrees` lets nothing exist, whatever x holds.
  void forward(
      Tensor x,
      @Nullable Tensor rows,
      @Nullable Tensor columns,
      @Nullable Degrees degrees,
      Tensor y);

  /// `dx[rows[n], columns[i]] += dy[n,i]`, but for what does not exist, whatever dy holds there.
  void backward(
      Tensor dy,
      @Nullable Tensor rows,
      @Nullable Tensor columns,
      @Nullable Degrees degrees,
      Gradient dx);
}
