package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.CausalAttention;
import dev.hindsight.backend.TestBackends;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class AttentionLawTest {
  private static final int LONGEST = 113; // of `verify`'s positions, to be quick

  private static List<OpCase> cases(Backend backend) {
    return OpCases.all().stream()
        .filter(c -> c.op().equals("causalAttention"))
        .filter(c -> c.operand("lse").shape().channels() <= LONGEST)
        .map(c -> c.in(backend.storage()))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"double", "cpu", "cpu bf16", "gpu", "gpu bf16"})
  void holdsOnEveryBackend(String name) {
    try (Backend backend = TestBackends.open(name)) {
      assertThat(cases(backend))
          .isNotEmpty()
          .allSatisfy(
              c -> {
                var outcome = AttentionLaw.check(backend, c);
                assertThat(outcome.passed()).as(outcome.message()).isTrue();
              });
    }
  }

  /// Its sums are as long as they should be, and each row of p adds up to 1.
  @Test
  void findsThatTwoHeadsAreOne() {
    try (Backend backend = TestBackends.open("double")) {
      CausalAttention right = backend.causalAttention();
      CausalAttention wrong =
          proxy(
              CausalAttention.class,
              (_, method, arguments) -> {
                if (!method.getName().startsWith("triangularSoftmax")) {
                  arguments[1] = 1; // heads
                }
                return method.invoke(right, arguments);
              });
      Backend broken =
          proxy(
              Backend.class,
              (_, method, arguments) ->
                  method.getName().equals("causalAttention")
                      ? wrong
                      : method.invoke(backend, arguments));
      for (OpCase c : cases(backend)) {
        boolean one = c.operand("lse").shape().dim(1) == 1;
        assertThat(AttentionLaw.check(broken, c).passed()).as(c.toString()).isEqualTo(one);
      }
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
