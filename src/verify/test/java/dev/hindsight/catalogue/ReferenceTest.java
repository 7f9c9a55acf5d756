package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.nd4j.Nd4jBackend;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The gradients of the reference itself against finite differences.
@Tag("slow")
class ReferenceTest {
  @AutoClose private static final Backend DOUBLE = Nd4jBackend.inDouble();

  private static final Predicate<OpCase> SMALL = c -> c.forward().work().bytes() < 40_000;

  static List<OpCase> differentiable(Predicate<OpCase> wanted) {
    return OpCases.all().stream().filter(c -> !c.gradients().isEmpty()).filter(wanted).toList();
  }

  static List<OpCase> small() {
    return differentiable(SMALL);
  }

  static List<OpCase> large() {
    return differentiable(SMALL.negate());
  }

  /// The reference has no tiles, whose edges the large cases are for.
  @Test
  void everyOpHasSmallCases() {
    assertThat(large())
        .extracting(OpCase::op)
        .isSubsetOf(small().stream().map(OpCase::op).toList());
  }

  @ParameterizedTest
  @MethodSource("small")
  void gradientsAgreeWithFiniteDifferences(OpCase opCase) {
    assertThat(new GradientCheck(DOUBLE).failures(opCase)).isEmpty();
  }

  @ParameterizedTest(allowZeroInvocations = true) // an op that is checked alone may have none
  @MethodSource("large")
  @Tag("exhaustive")
  void gradientsOfLargeCasesAgree(OpCase opCase) {
    gradientsAgreeWithFiniteDifferences(opCase);
  }
}
