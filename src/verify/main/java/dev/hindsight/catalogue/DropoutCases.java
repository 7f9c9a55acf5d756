package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Draw;
import dev.hindsight.random.RandomKey;
import java.util.stream.Stream;

final class DropoutCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return OpCases.sizes()
        .boxed()
        .flatMap(size -> Stream.of(0f, 0.1f, 0.75f).map(rate -> dropout(size, rate)));
  }

  private static OpCase dropout(int size, float rate) {
    Draw draw = new Draw(RandomKey.of(4).fold("dropout"), 0);
    long offset = 4L * size;
    return new CaseBuilder("dropout", "%d rate %s".formatted(size, rate))
        .ints("draw", draw.words())
        .in("x", 1, size)
        .out("y", size)
        .gradients("y", "x")
        .forward(size, call("dropout.forward", "draw", offset, rate, "x y"))
        .backward(2L * size, call("dropout.backward", "draw", offset, rate, "dy dx"))
        .build();
  }
}
