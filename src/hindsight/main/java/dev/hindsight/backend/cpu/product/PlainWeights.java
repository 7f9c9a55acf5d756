package dev.hindsight.backend.cpu.product;

/// Weights without gaps, row by row, as every product takes them.
public record PlainWeights(Stored stored, int depth, int columns) implements PackedWeights {
  @Override
  public Copy copy(boolean turned, int pitch) {
    return turned
        ? (worker, from, packed) -> stored.transpose(from, columns, depth, pitch, packed)
        : (worker, from, packed) -> {
          for (int row = 0; row < depth; row++) {
            stored.copy(
                stored.at(from, row, pitch, 0), stored.at(packed, row, columns, 0), columns);
          }
        };
  }

  @Override
  public Product product(int rows, int pitch) {
    return stored
        .gemm()
        .product(
            new Matrix(stored, 0, rows, depth, pitch),
            Matrix.dense(stored, 0, depth, columns),
            Matrix.dense(stored.fp32(), 0, rows, columns));
  }
}
