package dev.hindsight.backend.cpu.core;

import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Matrices of tensors, each kept until another one wants its place. Addresses repeat from step to
/// step and from pixel to pixel, so hardly any is made twice: one for each op and pixel would lie
/// on the heap wherever the JIT does not see all that is done with it.
///
/// Threads may find each other's, which are whole and never change.
final class RecentMatrices {
  private static final int BITS = 12;
  private static final long SPREAD = 0x9E3779B97F4A7C15L; // of the golden ratio

  private final Matrix[] matrices = new Matrix[1 << BITS];
  private final Matrix[] transposes = new Matrix[1 << BITS];

  Matrix matrix(Stored stored, Tensor t) {
    int place = place(t);
    Matrix known = matrices[place];
    if (!is(known, stored, t, t.rows(), t.channels())) {
      known = dense(stored, t);
      matrices[place] = known;
    }
    return known;
  }

  Matrix transpose(Stored stored, Tensor t) {
    int place = place(t);
    Matrix known = transposes[place];
    if (!is(known, stored, t, t.channels(), t.rows())) {
      known = dense(stored, t).transpose();
      transposes[place] = known;
    }
    return known;
  }

  private static Matrix dense(Stored stored, Tensor t) {
    return Matrix.dense(stored, t.address(), t.rows(), t.channels());
  }

  private static int place(Tensor t) {
    return (int) (((t.address() + t.rows()) * SPREAD) >>> (Long.SIZE - BITS));
  }

  private static boolean is(
      @Nullable Matrix known, Stored stored, Tensor t, int rows, int columns) {
    return known != null
        && known.address() == t.address()
        && known.rows() == rows
        && known.columns() == columns
        && known.stored().inPlace() == stored.inPlace(); // of the two that an engine has
  }
}
