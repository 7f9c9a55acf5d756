package dev.hindsight.backend.cpu.loops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

/// The error bounds that VectorMath states.
class VectorMathTest {
  private static final int STEPS = 400_000;

  @Test
  void expOfNegative() {
    within(VectorMath::expOfNegative, Math::exp, -200, 0);
  }

  @Test
  void log1p() {
    within(VectorMath::log1p, Math::log1p, 0, 1);
    within(VectorMath::log1p, Math::log1p, 0, 1e-6f);
  }

  @Test
  void sigmoid() {
    within(VectorMath::sigmoid, x -> 1 / (1 + Math.exp(-x)), -120, 120);
    within(VectorMath::sigmoid, x -> 1 / (1 + Math.exp(-x)), -2, 2);
  }

  @Test
  void tanh() {
    within(VectorMath::tanh, Math::tanh, -50, 50);
    within(VectorMath::tanh, Math::tanh, -1, 1);
    within(VectorMath::tanh, Math::tanh, -1e-4f, 1e-4f);
  }

  @Test
  void normalTailIsRightInAbsoluteTerms() {
    UnaryOperator<FloatVector> tail = x -> VectorMath.normalTail(x, VectorMath.bell(x));
    for (float x = 0; x < 14; x += 0.001f) {
      double want = 1 - normalCdf(x);
      assertThat((double) at(tail, x)).as("tail(%s)", x).isBetween(want - 3e-7, want + 3e-7);
    }
  }

  @Test
  void geluRiseIsRightInAbsoluteTerms() {
    for (float s = 0; s < 14; s += 0.001f) {
      double want = normalCdf(s) + s * Math.exp(-0.5 * s * s) / Math.sqrt(2 * Math.PI) - 0.5;
      assertThat((double) at(VectorMath::geluRise, s))
          .as("rise(%s)", s)
          .isBetween(want - 3e-7, want + 3e-7);
    }
  }

  @Test
  void limitsAndNan() {
    assertThat(at(VectorMath::expOfNegative, Float.NEGATIVE_INFINITY)).isBetween(0f, 1e-37f);
    assertThat(at(VectorMath::sigmoid, Float.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(at(VectorMath::sigmoid, Float.NEGATIVE_INFINITY)).isBetween(0f, 1e-37f);
    assertThat(at(VectorMath::tanh, Float.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(at(VectorMath::tanh, Float.NEGATIVE_INFINITY)).isEqualTo(-1);
    assertThat(at(VectorMath::expOfNegative, Float.NaN)).isNaN();
    assertThat(at(VectorMath::sigmoid, Float.NaN)).isNaN();
    assertThat(at(VectorMath::tanh, Float.NaN)).isNaN();
    assertThat(at(VectorMath::sigmoid, Float.intBitsToFloat(0x7fc0_0101))).isNaN();
  }

  private static void within(
      UnaryOperator<FloatVector> got, DoubleUnaryOperator want, float from, float to) {
    int lanes = VectorMath.FLOATS.length();
    float[] x = new float[lanes];
    for (int k = 0; k < STEPS; k += lanes) {
      for (int lane = 0; lane < lanes; lane++) {
        x[lane] = from + (float) ((double) (k + lane) / STEPS * (to - from));
      }
      float[] y = got.apply(FloatVector.fromArray(VectorMath.FLOATS, x, 0)).toArray();
      for (int lane = 0; lane < lanes; lane++) {
        double exact = want.applyAsDouble(x[lane]);
        double allowed = 1e-37 + 4 * Math.ulp((float) exact);
        double error = Math.abs(y[lane] - exact);
        assertThat(error <= allowed)
            .as("f(%s) is %s, exactly %s", x[lane], y[lane], exact)
            .isTrue();
      }
    }
  }

  private static float at(UnaryOperator<FloatVector> f, float x) {
    return f.apply(VectorMath.constant(x)).lane(0);
  }

  /// Φ by Simpson's rule on the density from 0: exact to 1e-12 here.
  private static double normalCdf(double x) {
    int n = 400;
    double h = x / n;
    double sum = 0;
    for (int k = 0; k <= n; k++) {
      double weight = k == 0 || k == n ? 1 : k % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-k * h * k * h / 2);
    }
    return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
  }
}
