package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Diagonal;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A step of LSTM units: in the middle of a recurrence, at its beginning and with a step after it.
final class LstmCellCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.concat(rows(), diagonals());
  }

  private static Stream<OpCase> rows() {
    return Stream.concat(
        Stream.of(new int[][] {{1, 1}, {3, 5}, {31, 4}, {7, 32}, {257, 3}})
            .map(s -> inside(s[0], s[1])),
        Stream.of(first(5, 7), goesOn(11, 9)));
  }

  /// Along diagonals that grow, stay as long and shrink, in both directions, of wide and of narrow
  /// images.
  private static Stream<OpCase> diagonals() {
    return Stream.of(
        diagonal(new Diagonal(1, 1, 1, false, 0), 1),
        diagonal(new Diagonal(5, 3, 7, false, 0), 2),
        diagonal(new Diagonal(5, 2, 7, false, 3), 5),
        diagonal(new Diagonal(5, 2, 7, true, 5), 4),
        diagonal(new Diagonal(7, 3, 5, true, 5), 3),
        diagonal(new Diagonal(7, 1, 5, false, 8), 17),
        diagonal(new Diagonal(3, 2, 3, true, 4), 7),
        diagonal(new Diagonal(3, 13, 3, false, 2), 7),
        diagonalThatGoesOn(new Diagonal(4, 3, 5, false, 6), 4),
        diagonalThatGoesOn(new Diagonal(6, 2, 5, true, 2), 9));
  }

  /// A row of 64 images, and their longest diagonal.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(inside(64 * 28, 16), diagonal(new Diagonal(28, 64, 28, false, 27), 16));
  }

  private static OpCase inside(int n, int hidden) {
    return step("", n, hidden, "recurrent", "before", null)
        .in("recurrent", 1, n, 4 * hidden)
        .inFp32("before", 1, n, hidden)
        .normal(Role.GRADIENT, "dc", 0, n, hidden)
        .gradients("h", "xw", "recurrent", "before")
        .then(call("add.accumulate", "gates drecurrent"))
        .then(call("add.accumulate", "dc dbefore"))
        .build();
  }

  /// Nothing came before it.
  private static OpCase first(int n, int hidden) {
    return step(" first", n, hidden, null, null, null)
        .normal(Role.GRADIENT, "dc", 0, n, hidden)
        .gradients("h", "xw")
        .build();
  }

  /// The step after it has sent gradients of h and of c.
  private static OpCase goesOn(int n, int hidden) {
    return step(" that goes on", n, hidden, "recurrent", "before", "carried")
        .in("recurrent", 1, n, 4 * hidden)
        .inFp32("before", 1, n, hidden)
        .in("carried", 1, n, hidden)
        .cotangent("h")
        .normal(Role.GRADIENT, "dc", 0.5, n, hidden)
        .normal(Role.GRADIENT, "dxw", 0.5, n, 4 * hidden)
        .build();
  }

  private static CaseBuilder step(
      String note,
      int n,
      int hidden,
      @Nullable String recurrent,
      @Nullable String before,
      @Nullable String carried) {
    long flops = 30L * n * hidden;
    return new CaseBuilder("lstmCell", n + "x" + hidden + note)
        .fp32("dc")
        .in("xw", 1, n, 4 * hidden)
        .out("gates", n, 4 * hidden)
        .outFp32("c", n, hidden)
        .out("h", n, hidden)
        .forward(
            flops,
            call("copy", "xw gates"),
            call("lstmCell.forward", "gates", recurrent, before, "c h"))
        .backward(
            flops,
            call("lstmCell.backward", "gates", before, "c dh", carried, "dc"),
            call("add.accumulate", "gates dxw"));
  }

  private static OpCase diagonal(Diagonal d, int hidden) {
    return alongDiagonal("", d, hidden, false);
  }

  /// The next diagonal has sent gradients of h and of c.
  private static OpCase diagonalThatGoesOn(Diagonal d, int hidden) {
    return alongDiagonal(" that goes on", d, hidden, true);
  }

  /// Pixels of other diagonals must stay as they are. What their input says is 0, for the gradient
  /// of it, which is 0, is added from there.
  private static OpCase alongDiagonal(String note, Diagonal d, int hidden, boolean goesOn) {
    int t = d.rows();
    int b = d.batch();
    int w = d.width();
    String said = d.step() == 0 ? null : "said";
    String told = d.step() == 0 ? null : "told";
    String carried = goesOn ? "carried" : null;
    String way = d.leftward() ? "leftward" : "rightward";
    String shape = "%dx%dx%dx%d %s step %d%s".formatted(t, b, w, hidden, way, d.step(), note);
    long flops = 30L * d.count() * b * hidden;
    CaseBuilder builder =
        new CaseBuilder("lstmCellDiagonal", shape)
            .operand(Role.IN, "xw", Shape.of(t, b, w, 4 * hidden), () -> inputs(d, hidden, shape))
            .out("gates", t, b, w, 4 * hidden)
            .fp32("c", "dc")
            .normal(Role.UPDATED, "c", 1, t, b, w, hidden)
            .normal(Role.UPDATED, "h", 1, t, b, w, hidden)
            .out("dense", d.count(), b, hidden)
            .cotangent("h")
            .normal(Role.GRADIENT, "dc", goesOn ? 0.5 : 0, t, b, hidden)
            .forward(
                flops,
                call("copy", "xw gates"),
                call("lstmCell.lstmCellDiagonal", d, "gates", said, "c h dense"))
            .backward(
                flops,
                call("lstmCell.lstmCellDiagonalBackward", d, "gates c dh", carried, "dc", told),
                call("add.accumulate", "gates dxw"));
    if (goesOn) {
      builder
          .in("carried", 1, d.count(), b, hidden)
          .normal(Role.GRADIENT, "dxw", 0.5, t, b, w, 4 * hidden);
    } else {
      builder.gradient("xw", "h");
    }
    if (said != null) {
      builder.in("said", 1, d.before(), b, 8 * hidden);
      builder.normal(Role.GRADIENT, "told", 1, d.before(), b, 8 * hidden); // overwritten
    }
    if (said != null && !goesOn) {
      builder.gradient("said", "h").then(call("add.accumulate", "told dsaid"));
    }
    return builder.build();
  }

  private static double[] inputs(Diagonal d, int hidden, String shape) {
    int gates = 4 * hidden;
    RandomKey key = RandomKey.of(1).fold("lstmCellDiagonal").fold(shape);
    double[] drawn = Philox.normals(key, d.rows() * d.batch() * d.width() * gates);
    double[] values = new double[drawn.length];
    for (int k = 0; k < d.count(); k++) {
      for (int image = 0; image < d.batch(); image++) {
        int from = d.place(k, image) * gates;
        for (int at = from; at < from + gates; at++) {
          values[at] = (float) drawn[at];
        }
      }
    }
    return values;
  }
}
