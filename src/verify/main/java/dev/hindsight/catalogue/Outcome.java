package dev.hindsight.catalogue;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How far one phase of a case was from the reference.
///
/// @param phase `forward` or `backward`
/// @param error largest difference, relative to what is allowed there: at most 1 is right
/// @param worst the element where that was; where all are the reference's, no element, and what is
///   allowed at 0
/// @param broken what is wrong beyond numbers, such as a write outside the tensor; null when
///   nothing
public record Outcome(
    OpCase opCase, String phase, double error, Worst worst, @Nullable String broken) {

  /// One element: where, what it is, what the reference has, how much they may differ.
  public record Worst(String operand, int index, double got, double want, double allowed) {
    public double difference() {
      return got == want ? 0 : Math.abs(got - want);
    }
  }

  public boolean passed() {
    return broken == null && error <= 1;
  }

  /// One line: op, place, both values, what was allowed.
  public String message() {
    if (broken != null) {
      return "%s %s: %s".formatted(opCase, phase, broken);
    }
    return String.format(
        Locale.ROOT,
        "%s %s: %s[%d] is %.9g, reference %.9g, difference %.3g, allowed %.3g",
        opCase,
        phase,
        worst.operand(),
        worst.index(),
        worst.got(),
        worst.want(),
        worst.difference(),
        worst.allowed());
  }
}
