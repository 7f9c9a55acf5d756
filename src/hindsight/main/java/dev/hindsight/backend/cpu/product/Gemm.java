package dev.hindsight.backend.cpu.product;

import dev.hindsight.backend.cpu.product.PackedWeights.Product;

/// A matrix product on the calling thread.
public interface Gemm {
  /// c = a·b, or c += that when `add`.
  ///
  /// @param a stored as this product has it; b likewise
  /// @param c floats
  void multiply(boolean add, Matrix a, Matrix b, Matrix c);

  /// c += a·b of matrices that lie as these do, wherever: for steps so short that matrices of their
  /// own would be more than what they do.
  Product product(Matrix a, Matrix b, Matrix c);

  /// For people: what computes.
  String describe();
}
