package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Shape;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Values are drawn when they are first asked for, once, and then may be changed.
class OperandTest {
  private final AtomicInteger draws = new AtomicInteger();
  private final Operand operand =
      new Operand(
          "x",
          Role.IN,
          Shape.of(2),
          () -> {
            draws.incrementAndGet();
            return new double[] {1, 1 + 1.0 / 1024};
          },
          null);

  @Test
  void nothingIsDrawnForAList() {
    Operand rounded = operand.in(ElementType.BF16);
    assertThat(rounded.shape()).isEqualTo(Shape.of(2));
    assertThat(draws).hasValue(0);
    assertThat(rounded.values()).containsExactly(1, 1);
    assertThat(operand.values()).containsExactly(1, 1 + 1.0 / 1024);
    assertThat(draws).hasValue(1);
  }

  @Test
  void whatACaseChangesStaysChanged() {
    operand.values()[0] = 0;
    assertThat(operand.values()).containsExactly(0, 1 + 1.0 / 1024);
    assertThat(draws).hasValue(1);
  }
}
