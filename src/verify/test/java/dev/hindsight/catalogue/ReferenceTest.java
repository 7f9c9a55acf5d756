package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.nd4j.Nd4jBackend;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The reference itself: its gradients against finite differences, its float form against double.
@Tag("slow")
class ReferenceTest {
  private static final Backend DOUBLE = Nd4jBackend.inDouble();
  private static final Backend FLOAT = Nd4jBackend.inFloat();

  @AfterAll
  static void close() {
    DOUBLE.close();
    FLOAT.close();
  }

  static List<OpCase> all() {
    return OpCases.all();
  }

  static List<OpCase> differentiable() {
    return OpCases.all().stream().filter(c -> !c.gradients().isEmpty()).toList();
  }

  @ParameterizedTest
  @MethodSource("differentiable")
  void gradientsAgreeWithFiniteDifferences(OpCase opCase) {
    assertThat(new GradientCheck(DOUBLE).failures(opCase)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("all")
  void floatAgreesWithDouble(OpCase opCase) {
    assertThat(new Parity(DOUBLE, FLOAT).check(opCase))
        .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
  }
}
