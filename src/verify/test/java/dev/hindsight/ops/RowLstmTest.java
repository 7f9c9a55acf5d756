package dev.hindsight.ops;

import static dev.hindsight.ops.FormulaCheck.sigmoid;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Taps;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A recurrence down the rows, held against the paper's formula and against finite differences.
class RowLstmTest {
  private static final RandomKey KEY = RandomKey.of(21);
  private static final int ROWS = 3;
  private static final int BATCH = 2;
  private static final int WIDTH = 5;
  private static final int INPUTS = 3;
  private static final int HIDDEN = 2;
  private static final int GATES = 4 * HIDDEN;
  private static final Taps LEFT = Taps.left(3, true);
  private static final Taps ROW = Taps.row(3);

  /// x (T,B,W,I), wx (2,4H,I), b (4H), wh (3,4H,H).
  private static final String[] NAMES = {"x", "wx", "b", "wh"};

  private static final int[][] DIMS = {
    {ROWS, BATCH, WIDTH, INPUTS}, {2, GATES, INPUTS}, {GATES}, {3, GATES, HIDDEN}
  };

  private static final FormulaCheck CHECK =
      new FormulaCheck(KEY, NAMES, DIMS, RowLstmTest::plain, RowLstmTest::rowLstm);

  /// y (T,B,W,H), one pixel after the other.
  private static double[] plain(double[][] v) {
    double[] h = new double[ROWS * BATCH * WIDTH * HIDDEN];
    double[] c = new double[h.length];
    for (int t = 0; t < ROWS; t++) {
      for (int image = 0; image < BATCH; image++) {
        for (int column = 0; column < WIDTH; column++) {
          double[] gates = gates(v, h, t, image, column);
          for (int unit = 0; unit < HIDDEN; unit++) {
            int at = ((t * BATCH + image) * WIDTH + column) * HIDDEN + unit;
            double before = t == 0 ? 0 : c[at - BATCH * WIDTH * HIDDEN];
            double in = sigmoid(gates[unit]) * Math.tanh(gates[2 * HIDDEN + unit]);
            c[at] = sigmoid(gates[HIDDEN + unit]) * before + in;
            h[at] = sigmoid(gates[3 * HIDDEN + unit]) * Math.tanh(c[at]);
          }
        }
      }
    }
    return h;
  }

  private static double[] gates(double[][] v, double[] h, int t, int image, int column) {
    double[] gates = v[2].clone();
    for (int tap = 0; tap < 2; tap++) { // one to the left, and itself
      int from = column - 1 + tap;
      for (int i = 0; from >= 0 && i < INPUTS; i++) {
        double x = v[0][((t * BATCH + image) * WIDTH + from) * INPUTS + i];
        for (int gate = 0; gate < GATES; gate++) {
          gates[gate] += x * v[1][(tap * GATES + gate) * INPUTS + i];
        }
      }
    }
    for (int tap = 0; t > 0 && tap < 3; tap++) { // of the row above: left, above, right
      int from = column - 1 + tap;
      for (int unit = 0; from >= 0 && from < WIDTH && unit < HIDDEN; unit++) {
        double state = h[(((t - 1) * BATCH + image) * WIDTH + from) * HIDDEN + unit];
        for (int gate = 0; gate < GATES; gate++) {
          gates[gate] += state * v[3][(tap * GATES + gate) * HIDDEN + unit];
        }
      }
    }
    return gates;
  }

  private static Tensor rowLstm(Ops ops, Tensor[] t) {
    return ops.rowLstm(t[0], t[1], t[2], LEFT, t[3], ROW);
  }

  @ParameterizedTest
  @CsvSource({"nd4j double, 1e-12", "nd4j, 2e-6", "cpu, 2e-6", "software-gpu, 2e-6"})
  void isThePapersFormula(String backend, double tolerance) {
    CHECK.values(backend, tolerance, "(3, 2, 5, 2)");
  }

  @ParameterizedTest
  @CsvSource({"nd4j double, 1e-7", "nd4j, 3e-5", "cpu, 3e-5", "software-gpu, 3e-5"})
  void gradientsAreFiniteDifferences(String backend, double tolerance) {
    CHECK.gradients(backend, tolerance);
  }

  @Test
  void saysWhatDoesNotFit() {
    try (Backend backend = Backends.reference();
        Scope scope = backend.open("test")) {
      Ops ops = new Ops(backend, scope, null);
      Tensor x = scope.zeros(3, 2, 5, 3);
      Tensor wx = scope.zeros(2, 8, 3);
      Tensor b = scope.zeros(8);
      Tensor wh = scope.zeros(3, 8, 2);
      assertThatThrownBy(() -> ops.rowLstm(scope.zeros(3, 2), wx, b, LEFT, wh, ROW))
          .hasMessage("rowLstm: x must be (T,B,W,I) but is (3, 2)");
      assertThatThrownBy(() -> ops.rowLstm(x, wx, b, LEFT, wh, Taps.before(3)))
          .hasMessageStartingWith("rowLstm: taps must be in the centre's row");
      assertThatThrownBy(() -> ops.rowLstm(x, wx, b, LEFT, scope.zeros(2, 8, 2), ROW))
          .hasMessage("rowLstm: 3 taps need wh (3,4H,H) but it is (2, 8, 2)");
      assertThatThrownBy(() -> ops.rowLstm(x, scope.zeros(2, 8, 4), b, LEFT, wh, ROW))
          .hasMessage(
              "rowLstm: x (3, 2, 5, 3), wh (3, 8, 2) and 2 taps need wx (2, 8, 3) but it is"
                  + " (2, 8, 4)");
      assertThatThrownBy(() -> ops.rowLstm(x, wx, scope.zeros(4), LEFT, wh, ROW))
          .hasMessage("rowLstm: wh (3, 8, 2) needs b (8) but it is (4)");
    }
  }
}
