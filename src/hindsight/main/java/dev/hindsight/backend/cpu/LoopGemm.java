package dev.hindsight.backend.cpu;

/// The product without oneDNN: rows of the result by scaled rows of b, or by dot products.
final class LoopGemm implements Gemm {
  private final Loops loops;

  LoopGemm(Loops loops) {
    this.loops = loops;
  }

  @Override
  public void multiply(
      boolean ta,
      boolean tb,
      int m,
      int n,
      int k,
      long a,
      int lda,
      long b,
      int ldb,
      boolean add,
      long c,
      int ldc) {
    if (ta && tb) {
      throw new IllegalArgumentException("no op multiplies two transposed matrices");
    }
    for (int row = 0; row < m; row++) {
      long out = Raw.at(c, (long) row * ldc);
      if (tb) {
        long left = Raw.at(a, (long) row * lda);
        for (int column = 0; column < n; column++) {
          float dot = loops.dot(left, Raw.at(b, (long) column * ldb), k);
          Raw.put(Raw.at(out, column), add ? Raw.get(Raw.at(out, column)) + dot : dot);
        }
        continue;
      }
      if (!add) {
        Raw.zero(out, (long) n * Float.BYTES);
      }
      for (int i = 0; i < k; i++) {
        float factor = Raw.get(Raw.at(a, ta ? (long) i * lda + row : (long) row * lda + i));
        loops.addScaled(factor, Raw.at(b, (long) i * ldb), out, n);
      }
    }
  }

  @Override
  public String describe() {
    return "products in plain loops";
  }
}
