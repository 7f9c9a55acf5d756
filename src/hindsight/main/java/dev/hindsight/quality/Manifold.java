package dev.hindsight.quality;

import java.util.Arrays;
import java.util.stream.IntStream;

/// Where points of a set lie: in a ball around each that reaches as far as its k-th nearest
/// neighbour in the set (Kynkäänniemi et al. 2019, section 2).
///
/// Of samples, precision is the share that lies in the manifold of real images, and recall the
/// share of real images that lies in the manifold of samples.
final class Manifold {
  private final float[][] points;
  private final double[] squaredRadii;

  Manifold(float[][] points, int k) {
    this.points = points;
    squaredRadii =
        IntStream.range(0, points.length)
            .parallel()
            .mapToDouble(n -> squaredRadius(n, k))
            .toArray();
  }

  private double squaredRadius(int n, int k) {
    double[] all =
        IntStream.range(0, points.length)
            .filter(other -> other != n)
            .mapToDouble(other -> squaredDistance(points[n], points[other]))
            .toArray();
    Arrays.sort(all);
    return all[k - 1];
  }

  /// Which of some points lie in it.
  boolean[] holds(float[][] others) {
    boolean[] holds = new boolean[others.length];
    IntStream.range(0, others.length).parallel().forEach(n -> holds[n] = holds(others[n]));
    return holds;
  }

  private boolean holds(float[] point) {
    for (int n = 0; n < points.length; n++) {
      if (squaredDistance(point, points[n]) <= squaredRadii[n]) {
        return true;
      }
    }
    return false;
  }

  static double squaredDistance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double apart = a[i] - b[i];
      sum += apart * apart;
    }
    return sum;
  }
}
