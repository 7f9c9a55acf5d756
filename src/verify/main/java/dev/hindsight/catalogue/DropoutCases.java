package dev.hindsight.catalogue;

import dev.hindsight.backend.Draw;
import dev.hindsight.random.RandomKey;
import java.util.stream.Stream;

/// Dropout.
final class DropoutCases {
  private DropoutCases() {}

  static Stream<OpCase> dropout() {
    return OpCases.sizes()
        .boxed()
        .flatMap(size -> Stream.of(0f, 0.1f, 0.75f).map(rate -> dropout(size, rate)));
  }

  private static OpCase dropout(int size, float rate) {
    Draw draw = new Draw(RandomKey.of(4).fold("dropout"), 0);
    long offset = 4L * size;
    return new CaseBuilder("dropout", "%d rate %s".formatted(size, rate))
        .numbers("draw", draw.pieces())
        .in("x", 1, size)
        .out("y", size)
        .cotangent("y")
        .gradient("x", "y")
        .forward(
            size,
            (b, t) ->
                b.dropout().forward(t.apply("draw"), offset, rate, t.apply("x"), t.apply("y")))
        .backward(
            2L * size,
            (b, t) ->
                b.dropout()
                    .backward(t.apply("draw"), offset, rate, t.apply("dy"), t.gradient("dx")))
        .build();
  }
}
