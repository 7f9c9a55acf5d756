package dev.hindsight.catalogue;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;

/// The recurrence of an LSTM, with the weights' gradient that follows from it.
final class LstmCases implements Cases {
  /// Steps, batch, hidden units.
  private static final int[][] SHAPES = {
    {1, 1, 1},
    {5, 3, 2},
    {2, 1, 37},
    {2, 3, 32},
    {5, 3, 33},
    {2, 33, 31},
    {2, 33, 64},
    {3, 2, 65},
    {2, 65, 9},
    {3, 70, 33},
    {2, 3, 130},
    {3, 17, 40},
  };

  @Override
  public Stream<OpCase> all() {
    return Stream.concat(
        Arrays.stream(SHAPES).map(s -> lstm(s[0], s[1], s[2])), Stream.of(goesOn()));
  }

  /// A few steps at the size that the model trains with; it has 784 of them.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(lstm(4, 64, 1024));
  }

  static OpCase lstm(int steps, int batch, int hidden) {
    return sequence("", steps, batch, hidden)
        .normal(Role.GRADIENT, "dc", 0, batch, hidden)
        .gradients("h", "xw", "wh")
        .build();
  }

  /// A sequence of which these steps are the first part: the last state has a gradient too.
  private static OpCase goesOn() {
    return sequence(" that goes on", 3, 5, 7)
        .cotangent("h")
        .normal(Role.GRADIENT, "dc", 0.5, 5, 7)
        .normal(Role.GRADIENT, "dxw", 0.5, 3, 5, 4 * 7)
        .normal(Role.GRADIENT, "dwh", 0.5, 4 * 7, 7)
        .build();
  }

  private static CaseBuilder sequence(String note, int steps, int batch, int hidden) {
    long flops = 8L * steps * batch * hidden * hidden;
    return new CaseBuilder("lstm", "%dx%dx%d%s".formatted(steps, batch, hidden, note))
        .reduction(Math.max(4 * hidden, steps * batch))
        .fp32("dc", "dwh")
        .in("xw", 1, steps, batch, 4 * hidden)
        .weight("wh", 1 / Math.sqrt(hidden), 4 * hidden, hidden)
        .in("h0", 0.5, batch, hidden)
        .inFp32("c0", 0.5, batch, hidden)
        .out("h", steps + 1, batch, hidden)
        .outFp32("c", steps + 1, batch, hidden)
        .out("gates", steps, batch, 4 * hidden)
        .forward(flops, LstmCases::forward)
        .backward(2 * flops, LstmCases::backward);
  }

  private static void forward(Backend backend, Operands t) {
    Tensor h = t.apply("h");
    Tensor c = t.apply("c");
    Shape state = t.apply("h0").shape();
    backend.copy(t.apply("h0"), h.part(0, state));
    backend.copy(t.apply("c0"), c.part(0, state));
    backend.copy(t.apply("xw"), t.apply("gates"));
    Tensor wh = t.apply("wh");
    try (Scope scope = backend.open("packed")) {
      Tensor packed = scope.tensor(wh.type(), wh.shape().dims());
      backend.lstm().packLstm(wh, packed);
      backend.lstm().forward(packed, h, c, t.apply("gates"));
    }
  }

  /// As `Ops.lstm` does, but for the input, which is a linear layer of its own.
  private static void backward(Backend backend, Operands t) {
    Tensor wh = t.apply("wh");
    Tensor gates = t.apply("gates");
    long first = t.apply("h0").size();
    Shape states = Shape.of(gates.dim(0), gates.dim(1), wh.dim(1));
    Tensor dh = t.apply("dh").part(first, states);
    backend.lstm().backward(wh, t.apply("c"), gates, dh, t.apply("dc"));
    backend.add().accumulate(gates, t.apply("dxw"));
    Tensor before = t.apply("h").part(0, states);
    backend
        .linear()
        .backward(
            before,
            wh,
            Activation.IDENTITY,
            gates,
            gates,
            new Gradients(null, t.apply("dwh"), null));
  }
}
