package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.LstmCell;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A step of LSTM units: in the middle of a recurrence, at its beginning and with a step after it.
final class LstmCellCases {
  private LstmCellCases() {}

  static Stream<OpCase> all() {
    return Stream.concat(
        Stream.of(new int[][] {{1, 1}, {3, 5}, {31, 4}, {7, 32}, {257, 3}})
            .map(s -> inside(s[0], s[1])),
        Stream.of(first(5, 7), goesOn(11, 9)));
  }

  /// Along diagonals that grow, stay as long and shrink, in both directions, of wide and of narrow
  /// images.
  static Stream<OpCase> diagonals() {
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
  static Stream<OpCase> seedSizes() {
    return Stream.of(inside(64 * 28, 16), diagonal(new Diagonal(28, 64, 28, false, 27), 16));
  }

  private static OpCase inside(int n, int hidden) {
    return step("", n, hidden)
        .in("recurrent", 1, n, 4 * hidden)
        .inFp32("before", 1, n, hidden)
        .cotangent("h")
        .fp32("dc")
        .normal(Role.GRADIENT, "dc", 0, n, hidden)
        .gradient("xw", "h")
        .gradient("recurrent", "h")
        .gradient("before", "h")
        .forward(30L * n * hidden, (b, t) -> forward(b, t, t.apply("recurrent"), t.apply("before")))
        .backward(
            30L * n * hidden,
            (b, t) -> {
              backward(b, t, null, t.apply("before"));
              b.add().accumulate(t.apply("gates"), t.apply("drecurrent"));
              b.add().accumulate(t.apply("dc"), t.apply("dbefore"));
            })
        .build();
  }

  /// Nothing came before it.
  private static OpCase first(int n, int hidden) {
    return step(" first", n, hidden)
        .cotangent("h")
        .fp32("dc")
        .normal(Role.GRADIENT, "dc", 0, n, hidden)
        .gradient("xw", "h")
        .forward(30L * n * hidden, (b, t) -> forward(b, t, null, null))
        .backward(30L * n * hidden, (b, t) -> backward(b, t, null, null))
        .build();
  }

  /// The step after it has sent gradients of h and of c.
  private static OpCase goesOn(int n, int hidden) {
    return step(" that goes on", n, hidden)
        .in("recurrent", 1, n, 4 * hidden)
        .inFp32("before", 1, n, hidden)
        .in("carried", 1, n, hidden)
        .cotangent("h")
        .fp32("dc")
        .normal(Role.GRADIENT, "dc", 0.5, n, hidden)
        .normal(Role.GRADIENT, "dxw", 0.5, n, 4 * hidden)
        .forward(30L * n * hidden, (b, t) -> forward(b, t, t.apply("recurrent"), t.apply("before")))
        .backward(30L * n * hidden, (b, t) -> backward(b, t, t.apply("carried"), t.apply("before")))
        .build();
  }

  private static CaseBuilder step(String note, int n, int hidden) {
    return new CaseBuilder("lstmCell", n + "x" + hidden + note)
        .in("xw", 1, n, 4 * hidden)
        .out("gates", n, 4 * hidden)
        .outFp32("c", n, hidden)
        .out("h", n, hidden);
  }

  private static void forward(
      Backend backend, Operands t, @Nullable Tensor recurrent, @Nullable Tensor before) {
    backend.copy(t.apply("xw"), t.apply("gates"));
    backend.lstmCell().forward(t.apply("gates"), recurrent, before, t.apply("c"), t.apply("h"));
  }

  private static void backward(
      Backend backend, Operands t, @Nullable Tensor carried, @Nullable Tensor before) {
    Tensor gates = t.apply("gates");
    backend.lstmCell().backward(gates, before, t.apply("c"), t.apply("dh"), carried, t.apply("dc"));
    backend.add().accumulate(gates, t.apply("dxw"));
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
    boolean first = d.step() == 0;
    String way = d.leftward() ? "leftward" : "rightward";
    String shape = "%dx%dx%dx%d %s step %d%s".formatted(t, b, w, hidden, way, d.step(), note);
    CaseBuilder builder =
        new CaseBuilder("lstmCellDiagonal", shape)
            .operand(Role.IN, "xw", Shape.of(t, b, w, 4 * hidden), () -> inputs(d, hidden, shape))
            .out("gates", t, b, w, 4 * hidden)
            .fp32("c", "dc")
            .normal(Role.UPDATED, "c", 1, t, b, w, hidden)
            .normal(Role.UPDATED, "h", 1, t, b, w, hidden)
            .out("dense", d.count(), b, hidden)
            .cotangent("h")
            .normal(Role.GRADIENT, "dc", goesOn ? 0.5 : 0, t, b, hidden);
    if (goesOn) {
      builder
          .in("carried", 1, d.count(), b, hidden)
          .normal(Role.GRADIENT, "dxw", 0.5, t, b, w, 4 * hidden);
    } else {
      builder.gradient("xw", "h");
    }
    if (!first) {
      builder.in("said", 1, d.before(), b, 8 * hidden);
      builder.normal(Role.GRADIENT, "told", 1, d.before(), b, 8 * hidden); // overwritten
    }
    if (!first && !goesOn) {
      builder.gradient("said", "h");
    }
    long flops = 30L * d.count() * b * hidden;
    return builder
        .forward(
            flops,
            (backend, o) -> {
              Tensor gates = o.apply("gates");
              backend.copy(o.apply("xw"), gates);
              Tensor said = first ? null : o.apply("said");
              LstmCell cell = backend.lstmCell();
              cell.lstmCellDiagonal(d, gates, said, o.apply("c"), o.apply("h"), o.apply("dense"));
            })
        .backward(
            flops,
            (backend, o) -> {
              Tensor gates = o.apply("gates");
              Tensor told = first ? null : o.apply("told");
              Tensor carried = goesOn ? o.apply("carried") : null;
              LstmCell cell = backend.lstmCell();
              cell.lstmCellDiagonalBackward(
                  d, gates, o.apply("c"), o.apply("dh"), carried, o.apply("dc"), told);
              backend.add().accumulate(gates, o.apply("dxw"));
              if (told != null && !goesOn) {
                backend.add().accumulate(told, o.apply("dsaid"));
              }
            })
        .build();
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
