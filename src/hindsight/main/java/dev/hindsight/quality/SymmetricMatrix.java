package dev.hindsight.quality;

/// The eigenvalues of symmetric matrices by Jacobi's rotations, which is exact to the last digits
/// and, for some hundred rows, fast enough.
final class SymmetricMatrix {
  private static final int MOST_SWEEPS = 64;

  private final double[][] a; // becomes diagonal
  private final double[][] vectors; // rows

  private SymmetricMatrix(double[][] matrix) {
    int n = matrix.length;
    a = new double[n][];
    vectors = new double[n][n];
    for (int k = 0; k < n; k++) {
      a[k] = matrix[k].clone();
      vectors[k][k] = 1;
    }
    double most = 0;
    for (double[] row : a) {
      for (double x : row) {
        most = Math.max(most, Math.abs(x));
      }
    }
    for (int sweep = 0; sweep < MOST_SWEEPS && largestBesideDiagonal() > 1e-14 * most; sweep++) {
      sweep();
    }
  }

  private double largestBesideDiagonal() {
    double largest = 0;
    for (int p = 0; p < a.length; p++) {
      for (int q = p + 1; q < a.length; q++) {
        largest = Math.max(largest, Math.abs(a[p][q]));
      }
    }
    return largest;
  }

  private void sweep() {
    for (int p = 0; p < a.length; p++) {
      for (int q = p + 1; q < a.length; q++) {
        if (a[p][q] != 0) {
          rotate(p, q);
        }
      }
    }
  }

  /// Makes element (p, q) zero (Golub & Van Loan, section 8.5).
  private void rotate(int p, int q) {
    double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = Math.copySign(1, tau) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
    double c = 1 / Math.sqrt(1 + t * t);
    double s = t * c;
    for (double[] row : a) {
      double x = row[p];
      row[p] = c * x - s * row[q];
      row[q] = s * x + c * row[q];
    }
    turn(a[p], a[q], c, s);
    turn(vectors[p], vectors[q], c, s);
    a[p][q] = 0;
    a[q][p] = 0;
  }

  private static void turn(double[] first, double[] second, double c, double s) {
    for (int k = 0; k < first.length; k++) {
      double x = first[k];
      first[k] = c * x - s * second[k];
      second[k] = s * x + c * second[k];
    }
  }

  /// The square root of a matrix without negative eigenvalues, but for rounding.
  static double[][] squareRoot(double[][] matrix) {
    var m = new SymmetricMatrix(matrix);
    int n = matrix.length;
    double[][] root = new double[n][n];
    for (int k = 0; k < n; k++) {
      double value = Math.sqrt(Math.max(0, m.a[k][k]));
      for (int row = 0; row < n; row++) {
        double factor = value * m.vectors[k][row];
        for (int column = 0; column < n; column++) {
          root[row][column] += factor * m.vectors[k][column];
        }
      }
    }
    return root;
  }

  /// The trace of that root.
  static double traceOfRoot(double[][] matrix) {
    var m = new SymmetricMatrix(matrix);
    double sum = 0;
    for (int k = 0; k < matrix.length; k++) {
      sum += Math.sqrt(Math.max(0, m.a[k][k]));
    }
    return sum;
  }

  /// The product of two matrices of the same size.
  static double[][] product(double[][] a, double[][] b) {
    int n = a.length;
    double[][] product = new double[n][n];
    for (int row = 0; row < n; row++) {
      for (int k = 0; k < n; k++) {
        for (int column = 0; column < n; column++) {
          product[row][column] += a[row][k] * b[k][column];
        }
      }
    }
    return product;
  }
}
