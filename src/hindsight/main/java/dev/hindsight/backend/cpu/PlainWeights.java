package dev.hindsight.backend.cpu;

/// Weights without gaps, row by row, as every product takes them.
record PlainWeights(Stored stored, int depth, int columns) implements PackedWeights {
  @Override
  public Copy copy(boolean turned, int pitch) {
    return turned
        ? (worker, from, packed) -> stored.transpose(from, columns, depth, pitch, packed)
        : (worker, from, packed) -> stored.copyRows(depth, columns, from, pitch, packed, columns);
  }

  @Override
  public Product product(int rows, int pitch) {
    Gemm gemm = stored.gemm();
    return (worker, x, packed, sum) ->
        gemm.multiply(
            false, false, rows, columns, depth, x, pitch, packed, columns, true, sum, columns);
  }
}
