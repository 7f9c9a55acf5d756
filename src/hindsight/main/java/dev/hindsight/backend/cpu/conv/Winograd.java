package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.cpu.machine.Native;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Minimal filtering F(4, r): 4 neighbouring outputs of a row of r weights by n = r + 3
/// multiplications instead of 4·r, as y = Aᵀ·[(G·w) ⊙ (Bᵀ·x)] with A (n,4), G (n,r) and B (n,n)
/// (Winograd 1980; of convolutions Lavin & Gray 2015, arXiv 1509.09308). The gradient is the same
/// equation transposed: dx = B·[(G·w) ⊙ (A·dy)].
///
/// The matrices are Toom and Cook's: polynomials are multiplied by their values at n - 1 points and
/// at infinity. Up to 5 weights small points of either sign do, which round twice as much as plain
/// sums in fp32; 7 would round eight times as much.
public final class Winograd {
  /// Outputs of a tile.
  static final int OUTPUTS = 4;

  private static final int FEWEST_WEIGHTS = 3;
  private static final double[] POINTS = {0, 1, -1, 2, -2, 0.5, -0.5};

  static final int MOST_WEIGHTS = POINTS.length + 2 - OUTPUTS;

  private static final Map<Integer, Winograd> KNOWN = new ConcurrentHashMap<>();

  private final int weights;
  private final int inputs;
  private final Rows a;
  private final Rows aT;
  private final Rows b;
  private final Rows bT;
  private final Rows g;

  private Winograd(int weights) {
    this.weights = weights;
    this.inputs = weights + OUTPUTS - 1;
    double[][] outputs = values(OUTPUTS);
    double[][] kernel = values(weights);
    double[][] window = transpose(inverse(values(inputs)));
    for (int value = 0; value < inputs; value++) {
      balance(window[value], kernel[value]);
    }
    this.a = new Rows(outputs);
    this.aT = new Rows(transpose(outputs));
    this.g = new Rows(kernel);
    this.bT = new Rows(window);
    this.b = new Rows(transpose(window));
  }

  /// Of rows of so many weights.
  static Winograd of(int weights) {
    return KNOWN.computeIfAbsent(weights, Winograd::new);
  }

  /// Whether a row of weights over so many columns takes at most three quarters of the
  /// multiplications, counting those of outputs that the last tile has beyond the edge.
  static boolean pays(int weights, int columns) {
    return weights >= FEWEST_WEIGHTS
        && weights <= MOST_WEIGHTS
        && 4L * (weights + OUTPUTS - 1) * tiles(columns) <= 3L * weights * columns;
  }

  /// For people: what computes.
  public static String describe() {
    return "convolutions by F(%d, %d) to F(%d, %d)"
        .formatted(OUTPUTS, FEWEST_WEIGHTS, OUTPUTS, MOST_WEIGHTS);
  }

  static int tiles(int columns) {
    return Math.ceilDiv(columns, OUTPUTS);
  }

  int weights() {
    return weights;
  }

  /// Of a tile, and multiplications for it.
  int inputs() {
    return inputs;
  }

  /// Row `value` of Bᵀ, over the inputs of a tile.
  long ofInputs(int value) {
    return bT.row(value);
  }

  /// Row `value` of G, over the weights.
  long ofWeights(int value) {
    return g.row(value);
  }

  /// Row `value` of A, over the gradients of a tile's outputs.
  long ofGradients(int value) {
    return a.row(value);
  }

  /// Row `output` of Aᵀ, over the products.
  long toOutput(int output) {
    return aT.row(output);
  }

  /// Row `input` of B, over the products.
  long toInput(int input) {
    return b.row(input);
  }

  /// The powers of each point below `count`; at infinity the highest counts alone.
  private double[][] values(int count) {
    double[][] powers = new double[inputs][count];
    for (int point = 0; point < inputs - 1; point++) {
      for (int power = 0; power < count; power++) {
        powers[point][power] = Math.pow(POINTS[point], power);
      }
    }
    powers[inputs - 1][count - 1] = 1;
    return powers;
  }

  /// Moves a power of two from a row of Bᵀ to its row of G, so that values are about as large as
  /// inputs.
  private static void balance(double[] window, double[] kernel) {
    double largest = 0;
    for (double x : window) {
      largest = Math.max(largest, Math.abs(x));
    }
    int exponent = Math.getExponent(largest);
    for (int k = 0; k < window.length; k++) {
      window[k] = Math.scalb(window[k], -exponent);
    }
    for (int k = 0; k < kernel.length; k++) {
      kernel[k] = Math.scalb(kernel[k], exponent);
    }
  }

  private static double[][] transpose(double[][] m) {
    double[][] turned = new double[m[0].length][m.length];
    for (int row = 0; row < m.length; row++) {
      for (int column = 0; column < m[0].length; column++) {
        turned[column][row] = m[row][column];
      }
    }
    return turned;
  }

  /// By Gauss and Jordan, with the largest of a column as pivot.
  private static double[][] inverse(double[][] matrix) {
    int n = matrix.length;
    double[][] m = new double[n][2 * n];
    for (int row = 0; row < n; row++) {
      System.arraycopy(matrix[row], 0, m[row], 0, n);
      m[row][n + row] = 1;
    }
    for (int column = 0; column < n; column++) {
      int pivot = column;
      for (int row = column + 1; row < n; row++) {
        if (Math.abs(m[row][column]) > Math.abs(m[pivot][column])) {
          pivot = row;
        }
      }
      double[] chosen = m[pivot];
      m[pivot] = m[column];
      m[column] = chosen;
      double scale = chosen[column];
      for (int k = 0; k < 2 * n; k++) {
        chosen[k] /= scale;
      }
      for (int row = 0; row < n; row++) {
        double factor = m[row][column];
        for (int k = 0; row != column && k < 2 * n; k++) {
          m[row][k] -= factor * chosen[k];
        }
      }
    }
    double[][] inverse = new double[n][n];
    for (int row = 0; row < n; row++) {
      System.arraycopy(m[row], n, inverse[row], 0, n);
    }
    return inverse;
  }

  /// A matrix as floats that loops can address.
  private static final class Rows {
    private final MemorySegment memory;
    private final int columns;

    Rows(double[][] m) {
      columns = m[0].length;
      memory = Arena.ofAuto().allocate((long) m.length * columns * Float.BYTES, Float.BYTES);
      for (int row = 0; row < m.length; row++) {
        for (int column = 0; column < columns; column++) {
          Native.put(row(row), column, (float) m[row][column]);
        }
      }
    }

    long row(int row) {
      return Native.at(memory.address(), row, columns, 0);
    }
  }
}
