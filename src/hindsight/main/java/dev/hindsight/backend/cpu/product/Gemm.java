package dev.hindsight.backend.cpu.product;

/// A matrix product on the calling thread.
public interface Gemm {
  /// c = a·b, or c += that when `add`.
  ///
  /// @param a stored as this product has it; b likewise
  /// @param c floats
  void multiply(boolean add, Matrix a, Matrix b, Matrix c);

  /// For people: what computes.
  String describe();
}
