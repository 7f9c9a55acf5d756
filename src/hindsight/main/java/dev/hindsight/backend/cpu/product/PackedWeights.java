package dev.hindsight.backend.cpu.product;

/// Weights (depth, columns) of one shape, in the order in which products read them best: for those
/// that few rows are multiplied by again and again. They are packed once, and take the memory that
/// they have anyway.
///
/// Copies and products are looked up by one thread, before others run them.
public interface PackedWeights {
  /// Packs weights.
  ///
  /// @param turned they are stored (columns, depth)
  /// @param pitch numbers from one stored row to the next
  Copy copy(boolean turned, int pitch);

  /// Multiplies so many rows, which are `pitch` numbers apart, by packed weights.
  Product product(int rows, int pitch);

  /// A copy of one shape.
  @FunctionalInterface
  interface Copy {
    void run(int worker, long from, long packed);
  }

  /// A product of one shape.
  @FunctionalInterface
  interface Product {
    /// sum (rows, columns), floats without gaps, += x (rows, depth) · packed
    void run(int worker, long x, long packed, long sum);
  }
}
