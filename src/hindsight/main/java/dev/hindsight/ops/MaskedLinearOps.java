package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.MaskedLinear;
import dev.hindsight.ops.Reads.Grid;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.math.BigInteger;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/// Checks and differentiates [MaskedLinear].
final class MaskedLinearOps {
  private MaskedLinearOps() {}

  static Tensor maskedLinear(Ops ops, Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f) {
    LinearOps.requireFit("maskedLinear", x, w, b, f);
    require(
        degrees.outputs() == w.dim(0) && degrees.inputs() == w.dim(1),
        "maskedLinear: w %s does not fit %s",
        w.shape(),
        degrees);
    MaskedLinear linear = ops.backend().maskedLinear();
    Tensor y = ops.like(x, Shape.of(x.rows(), w.dim(0)));
    linear.forward(x, w, b, degrees, f, 0, w.dim(0), y);
    ops.structure(
        s -> {
          s.multiplies(x.rows() * degrees.count());
          s.reads(y, x, staircase(x.rows(), degrees));
        });
    return ops.record(y, (t, dy) -> linear.backward(x, w, degrees, f, y, dy, t.gradients(x, w, b)));
  }

  /// What an output reads beyond those before it, which it reads as well: `live` never falls. Units
  /// that see and are seen alike are one place.
  private static Reads staircase(int rows, Degrees degrees) {
    int seen = alike(degrees.inputs(), degrees::firstOutput);
    int seeing = alike(degrees.outputs(), degrees::live);
    int in = degrees.inputs() / seen;
    int out = degrees.outputs() / seeing;
    IntFunction<int[]> more =
        place -> {
          int o = place % out * seeing;
          int before = o == 0 ? 0 : degrees.live(o - 1);
          int row = place / out * in;
          return IntStream.range(row + before / seen, row + degrees.live(o) / seen).toArray();
        };
    return new Reads(rows * out, rows * in, more).and(new Grid(1, out, out).at(new int[] {0, -1}));
  }

  /// The length of equal runs, at least, that units are alike in; 1 where there is none.
  private static int alike(int units, IntUnaryOperator what) {
    int run = units;
    int begin = 0;
    for (int k = 1; k < units; k++) {
      if (what.applyAsInt(k) != what.applyAsInt(k - 1)) {
        run = BigInteger.valueOf(run).gcd(BigInteger.valueOf(k - begin)).intValue();
        begin = k;
      }
    }
    return BigInteger.valueOf(run).gcd(BigInteger.valueOf(units - begin)).intValue();
  }
}
