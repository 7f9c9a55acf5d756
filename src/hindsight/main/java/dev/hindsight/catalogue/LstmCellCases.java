package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.Operand.Role;
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

  /// A row of 64 images.
  static Stream<OpCase> seedSizes() {
    return Stream.of(inside(64 * 28, 16));
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
}
