package dev.hindsight.backend.nd4j;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Products of matrices, and parts of them without a copy.
final class Matrices {
  private Matrices() {}

  /// Column-major results, because that is what BLAS writes: a row-major one costs a copy.
  static INDArray product(INDArray a, boolean ta, INDArray b, boolean tb) {
    long rows = ta ? a.columns() : a.rows();
    long columns = tb ? b.rows() : b.columns();
    INDArray out = Nd4j.createUninitialized(a.dataType(), new long[] {rows, columns}, 'f');
    return Nd4j.gemm(a, b, out, ta, tb, 1, 0);
  }

  /// Rows and columns of a row-major matrix, without a copy. (ND4J's `get` with intervals answers
  /// with an empty array for the first row and column alone.)
  static INDArray block(INDArray m, long fromRow, long toRow, long fromColumn, long toColumn) {
    long[] shape = {toRow - fromRow, toColumn - fromColumn};
    long offset = m.offset() + fromRow * m.stride(0) + fromColumn;
    return Nd4j.create(m.data(), shape, new long[] {m.stride(0), 1}, offset, 'c');
  }

  /// The first or second half of the channels, without a copy.
  static INDArray half(INDArray m, int which) {
    long c = m.columns() / 2;
    long[] shape = {m.rows(), c};
    return Nd4j.create(m.data(), shape, new long[] {2 * c, 1}, m.offset() + which * c, 'c');
  }
}
