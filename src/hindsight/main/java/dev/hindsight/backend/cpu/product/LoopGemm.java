package dev.hindsight.backend.cpu.product;

import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;

/// The product without oneDNN: rows of the result by scaled rows of b, or by dot products.
public final class LoopGemm implements Gemm {
  private final Loops loops;

  public LoopGemm(Loops loops) {
    this.loops = loops;
  }

  @Override
  public void multiply(boolean add, Matrix a, Matrix b, Matrix c) {
    if (a.transposed() && b.transposed()) {
      throw new IllegalArgumentException("no op multiplies two transposed matrices");
    }
    int columns = c.columns();
    for (int row = 0; row < c.rows(); row++) {
      if (b.transposed()) {
        for (int column = 0; column < columns; column++) {
          long out = c.at(row, column);
          float dot = loops.dot(a.row(row), b.at(0, column), a.columns());
          Native.put(out, add ? Native.get(out) + dot : dot);
        }
        continue;
      }
      if (!add) {
        Native.zero(c.row(row), (long) columns * Float.BYTES);
      }
      for (int k = 0; k < a.columns(); k++) {
        loops.addScaled(Native.get(a.at(row, k)), b.row(k), c.row(row), columns);
      }
    }
  }

  @Override
  public String describe() {
    return "products in plain loops";
  }
}
