package dev.hindsight.ops;

import static dev.hindsight.ops.FormulaCheck.sigmoid;
import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Recurrences from both upper corners, held against the paper's formula, pixel by pixel, and
/// against finite differences.
class DiagonalLstmTest {
  private static final RandomKey KEY = RandomKey.of(22);
  private static final int ROWS = 4;
  private static final int BATCH = 2;
  private static final int WIDTH = 3;
  private static final int INPUTS = 3;
  private static final int HIDDEN = 2;
  private static final int GATES = 4 * HIDDEN;
  private static final int PIXELS = ROWS * BATCH * WIDTH;

  /// x (T,B,W,I), and of each direction wx (4H,I), b (4H), wh (2,4H,H).
  private static final String[] NAMES = {"x", "wx", "b", "wh", "left wx", "left b", "left wh"};

  private static final int[][] DIMS = {
    {ROWS, BATCH, WIDTH, INPUTS},
    {GATES, INPUTS},
    {GATES},
    {2, GATES, HIDDEN},
    {GATES, INPUTS},
    {GATES},
    {2, GATES, HIDDEN}
  };

  private static final FormulaCheck CHECK =
      new FormulaCheck(KEY, NAMES, DIMS, DiagonalLstmTest::plain, DiagonalLstmTest::diagonalBiLstm);

  private static int at(int t, int image, int column) {
    return (t * BATCH + image) * WIDTH + column;
  }

  /// y (T,B,W,H).
  private static double[] plain(double[][] v) {
    double[] y = direction(v, 1, 1);
    double[] left = direction(v, 4, -1);
    int row = BATCH * WIDTH * HIDDEN;
    for (int k = row; k < y.length; k++) {
      y[k] += left[k - row];
    }
    return y;
  }

  /// h (T,B,W,H) of one direction, row after row: any order will do in which what is heard comes
  /// first.
  ///
  /// @param first of its operands
  /// @param way 1 to the right, -1 to the left
  private static double[] direction(double[][] v, int first, int way) {
    double[] h = new double[PIXELS * HIDDEN];
    double[] c = new double[h.length];
    for (int t = 0; t < ROWS; t++) {
      for (int image = 0; image < BATCH; image++) {
        for (int n = 0; n < WIDTH; n++) {
          int column = way > 0 ? n : WIDTH - 1 - n;
          double[] gates = v[first + 1].clone();
          add(gates, v[first], 0, v[0], at(t, image, column) * INPUTS, INPUTS);
          if (t > 0) {
            add(gates, v[first + 2], 0, h, at(t - 1, image, column) * HIDDEN, HIDDEN);
          }
          int beside = at(t, image, column - way) * HIDDEN;
          if (n > 0) {
            add(gates, v[first + 2], GATES * HIDDEN, h, beside, HIDDEN);
          }
          for (int unit = 0; unit < HIDDEN; unit++) {
            int out = at(t, image, column) * HIDDEN + unit;
            double before = n == 0 ? 0 : c[beside + unit];
            double in = sigmoid(gates[unit]) * Math.tanh(gates[2 * HIDDEN + unit]);
            c[out] = sigmoid(gates[HIDDEN + unit]) * before + in;
            h[out] = sigmoid(gates[3 * HIDDEN + unit]) * Math.tanh(c[out]);
          }
        }
      }
    }
    return h;
  }

  /// gates += w·x
  private static void add(double[] gates, double[] w, int fromW, double[] x, int fromX, int count) {
    for (int gate = 0; gate < GATES; gate++) {
      for (int i = 0; i < count; i++) {
        gates[gate] += w[fromW + gate * count + i] * x[fromX + i];
      }
    }
  }

  private static Tensor diagonalBiLstm(Ops ops, Tensor[] t) {
    return ops.diagonalBiLstm(
        t[0], new LstmWeights(t[1], t[2], t[3]), new LstmWeights(t[4], t[5], t[6]));
  }

  @ParameterizedTest
  @CsvSource({"nd4j double, 1e-12", "nd4j, 2e-6", "cpu, 2e-6", "software-gpu, 2e-6"})
  void isThePapersFormula(String backend, double tolerance) {
    CHECK.values(backend, tolerance, "(4, 2, 3, 2)");
  }

  @ParameterizedTest
  @CsvSource({"nd4j double, 1e-7", "nd4j, 3e-5", "cpu, 3e-5", "software-gpu, 3e-5"})
  void gradientsAreFiniteDifferences(String backend, double tolerance) {
    CHECK.gradients(backend, tolerance);
  }

  /// A single row hears of nobody above it, and a single column of nobody beside it.
  @ParameterizedTest
  @CsvSource({"1, 3", "3, 1"})
  void goesThroughImagesOfOneRowOrColumn(int rows, int width) {
    try (Backend backend = Backends.reference();
        Scope scope = backend.open("test")) {
      Tape tape = new Tape(scope);
      Tensor[] t = CHECK.tensors(backend, scope);
      int size = rows * BATCH * width * INPUTS;
      t[0] = tensor(backend, scope, Philox.normals(KEY, size), rows, BATCH, width, INPUTS);
      Tensor dwh = scope.zeros(DIMS[3]);
      tape.bind(t[3], dwh);
      Tensor y = diagonalBiLstm(new Ops(backend, scope, tape), t);
      assertThat(y.shape().dims()).containsExactly(rows, BATCH, width, HIDDEN);
      double[] dy = Philox.normals(KEY.fold("dy"), Math.toIntExact(y.size()));
      tape.backward(y, tensor(backend, scope, dy, y.shape().dims()));
      double[] found = backend.readDoubles(dwh);
      for (int k = 0; k < found.length; k++) {
        boolean heard = k < GATES * HIDDEN ? rows > 1 : width > 1;
        boolean forgets = k / HIDDEN % GATES / HIDDEN == 1; // a state, which comes from beside
        assertThat(found[k] != 0).as("%d of wh", k).isEqualTo(heard && (!forgets || width > 1));
      }
    }
  }

  @Test
  void saysWhatDoesNotFit() {
    try (Backend backend = Backends.reference();
        Scope scope = backend.open("test")) {
      Ops ops = new Ops(backend, scope, null);
      Tensor x = scope.zeros(3, 2, 5, 3);
      Tensor wx = scope.zeros(8, 3);
      Tensor b = scope.zeros(8);
      Tensor wh = scope.zeros(2, 8, 2);
      LstmWeights right = new LstmWeights(wx, b, wh);
      assertThatThrownBy(() -> ops.diagonalBiLstm(scope.zeros(3, 2), right, right))
          .hasMessage("diagonalBiLstm: x must be (T,B,W,I) but is (3, 2)");
      assertThatThrownBy(
              () -> ops.diagonalBiLstm(x, right, new LstmWeights(wx, b, scope.zeros(3, 8, 2))))
          .hasMessage("diagonalBiLstm: wh must be (2,4H,H) but is (3, 8, 2)");
      assertThatThrownBy(
              () -> ops.diagonalBiLstm(x, new LstmWeights(scope.zeros(8, 4), b, wh), right))
          .hasMessage(
              "diagonalBiLstm: x (3, 2, 5, 3) and wh (2, 8, 2) need wx (8, 3) but it is (8, 4)");
      assertThatThrownBy(
              () -> ops.diagonalBiLstm(x, right, new LstmWeights(wx, scope.zeros(4), wh)))
          .hasMessage("diagonalBiLstm: wh (2, 8, 2) needs b (8) but it is (4)");
      LstmWeights three =
          new LstmWeights(scope.zeros(12, 3), scope.zeros(12), scope.zeros(2, 12, 3));
      assertThatThrownBy(() -> ops.diagonalBiLstm(x, right, three))
          .hasMessage(
              "diagonalBiLstm: both LSTMs must be of as many units but wh are (2, 8, 2) and"
                  + " (2, 12, 3)");
    }
  }
}
