package dev.hindsight.quality;

import java.util.stream.IntStream;

/// The normal distribution that has the mean and the covariance of points.
///
/// @param mean (F)
/// @param covariance (F,F), of a sample: divided by one less than there are points
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Gaussian(double[] mean, double[][] covariance) {

  /// Of all points.
  static Gaussian of(float[][] points) {
    return of(points, IntStream.range(0, points.length).toArray());
  }

  /// Of some of the points, by their numbers, which may occur more than once.
  static Gaussian of(float[][] points, int[] set) {
    int n = points[0].length;
    double[] mean = new double[n];
    for (int k : set) {
      for (int i = 0; i < n; i++) {
        mean[i] += points[k][i] / (double) set.length;
      }
    }
    double[][] covariance = new double[n][n];
    double[] from = new double[n];
    for (int k : set) {
      for (int i = 0; i < n; i++) {
        from[i] = points[k][i] - mean[i];
      }
      for (int i = 0; i < n; i++) {
        double each = from[i] / (set.length - 1);
        for (int j = 0; each != 0 && j <= i; j++) {
          covariance[i][j] += each * from[j];
        }
      }
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        covariance[j][i] = covariance[i][j];
      }
    }
    return new Gaussian(mean, covariance);
  }

  /// The Fréchet distance of others to this (Dowson & Landau 1982), as Heusel et al. 2017 use it.
  FrechetDistance distance() {
    return new FrechetDistance(this, SymmetricMatrix.squareRoot(covariance));
  }

  /// `|m1 - m2|² + tr(C1 + C2 - 2·(C1·C2)^½)`; the last root has the trace of that of the symmetric
  /// `C1^½·C2·C1^½`.
  ///
  /// @param root C1^½
  @SuppressWarnings("ArrayRecordComponent") // the same
  record FrechetDistance(Gaussian from, double[][] root) {
    double to(Gaussian other) {
      double distance = 0;
      for (int i = 0; i < root.length; i++) {
        double apart = from.mean[i] - other.mean[i];
        distance += apart * apart + from.covariance[i][i] + other.covariance[i][i];
      }
      double[][] between =
          SymmetricMatrix.product(SymmetricMatrix.product(root, other.covariance), root);
      return Math.max(0, distance - 2 * SymmetricMatrix.traceOfRoot(between));
    }
  }
}
