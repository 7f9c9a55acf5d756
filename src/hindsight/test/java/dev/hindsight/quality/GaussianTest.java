package dev.hindsight.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import org.junit.jupiter.api.Test;

class GaussianTest {
  private static double distance(Gaussian a, Gaussian b) {
    return a.distance().to(b);
  }

  /// Of independent axes: the squares of what means and deviations differ by.
  @Test
  void ofIndependentAxesIsTheSumOfSquares() {
    var a = new Gaussian(new double[] {1, 2, 0}, new double[][] {{4, 0, 0}, {0, 9, 0}, {0, 0, 0}});
    var b =
        new Gaussian(new double[] {4, -2, 0}, new double[][] {{1, 0, 0}, {0, 16, 0}, {0, 0, 25}});
    assertThat(distance(a, b)).isCloseTo(9 + 16 + 1 + 1 + 25, within(1e-10));
    assertThat(distance(b, a)).isCloseTo(distance(a, b), within(1e-10));
  }

  /// Of two axes the trace of the root is `√(tr(C1·C2) + 2·√(det C1·det C2))`, also where the
  /// covariances have other axes.
  @Test
  void ofOtherAxesIsTheClosedForm() {
    var a = new Gaussian(new double[] {0, 1}, new double[][] {{5, 2}, {2, 3}});
    var b = new Gaussian(new double[] {1, 3}, new double[][] {{2, -1}, {-1, 4}});
    double trace = 5 * 2 - 2 - 2 + 3 * 4;
    double root = Math.sqrt(trace + 2 * Math.sqrt(11.0 * 7));
    assertThat(distance(a, b)).isCloseTo(1 + 4 + 8 + 6 - 2 * root, within(1e-10));
  }

  @Test
  void ofEqualSetsIsNothing() {
    float[][] points = new float[131][17];
    double[] normals = Philox.normals(RandomKey.of(3), 131 * 17);
    for (int k = 0; k < normals.length; k++) {
      points[k / 17][k % 17] = (float) (normals[k] * (k % 17) + normals[k / 17 * 17]);
    }
    Gaussian all = Gaussian.of(points);
    assertThat(distance(all, all)).isCloseTo(0, within(1e-8));
    points[130][16] += 40;
    assertThat(distance(all, Gaussian.of(points))).isGreaterThan(1);
  }

  @Test
  void countsWhatOccursTwiceTwice() {
    float[][] points = {{0, 0}, {3, 0}, {0, 6}};
    Gaussian found = Gaussian.of(points, new int[] {0, 1, 1, 2});
    assertThat(found.mean()).containsExactly(1.5, 1.5);
    assertThat(found.covariance()[0][0]).isCloseTo(3, within(1e-12));
    assertThat(found.covariance()[0][1]).isCloseTo(-3, within(1e-12));
    assertThat(found.covariance()[1]).containsExactly(found.covariance()[0][1], 9);
  }
}
