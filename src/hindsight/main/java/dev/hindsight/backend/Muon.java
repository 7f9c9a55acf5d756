package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What Muon (Jordan et al. 2024) needs beside products of matrices. The laws of [Backend] hold.
public interface Muon {
  /// The polynomial of a Newton-Schulz step, for A = X·Xᵀ: `y = 3.4445·I - 4.7750·A + 2.0315·A²`,
  /// so that y·X has singular values closer to 1 than X.
  ///
  /// @param a (N,N)
  /// @param square (N,N), A²
  /// @param first whether X is to be divided by its Frobenius norm, the root of A's trace, before:
  ///   y is then of the quotient, and divided by the norm itself
  void newtonSchulz(Tensor a, Tensor square, boolean first, Tensor y);

  /// `w = (1 - rate·decay)·w - rate·scale·direction`
  ///
  /// @param rounded gets the new values in the type of activations; null where that is fp32
  /// @param numbers (4), [AdamStep#numbers], of which the rate is read
  void step(
      Tensor w,
      @Nullable Tensor rounded,
      Tensor direction,
      Tensor numbers,
      float decay,
      float scale);
}
