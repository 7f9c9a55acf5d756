package dev.hindsight.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.BuiltInModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a GPU is compared with is what the software GPU does.
@Tag("slow")
class SmokeTest {
  private final List<Map<String, ? extends @Nullable Object>> rows = new ArrayList<>();

  private static Backend software(Precision precision) {
    return Benched.open(Benched.in(precision, Benched.SOFTWARE_GPU));
  }

  @ParameterizedTest
  @CsvSource({"MADE, FP32", "LSTM, BF16"})
  void aModelDoesWhatIsKnownOfIt(BuiltInModel model, Precision precision) {
    try (Backend backend = software(precision)) {
      assertThat(new Smoke(backend, rows::add).model(model)).isTrue();
    }
    assertThat(rows).hasSize(1);
    assertThat(rows.getFirst().get("verdict")).isEqualTo("ok");
    assertThat(rows.getFirst().get("same_bits")).isEqualTo(true);
  }

  @Test
  void anOpThatWritesBesideItsTensorsIsFound() {
    OpCase add = OpCases.all().stream().filter(c -> c.op().equals("add")).findFirst().orElseThrow();
    String first = add.operands().getFirst().name();
    OpCase.Body beside =
        (backend, t) -> {
          Tensor tensor = t.apply(first);
          long before = tensor.address() - Float.BYTES;
          backend.fill(new Tensor(tensor.scope(), before, Shape.of(1)), 1);
        };
    OpCase other =
        new OpCase(
            add.op(),
            add.shape(),
            add.reduction(),
            add.operands(),
            List.of(),
            new OpCase.Phase("forward", List.of(beside), add.forward().work()),
            null,
            add.storage());
    try (Backend backend = software(Precision.FP32)) {
      var smoke = new Smoke(backend, rows::add);
      assertThat(smoke.op(add)).isTrue();
      assertThat(smoke.op(other)).isFalse();
    }
    assertThat(rows)
        .extracting(row -> (Object) row.get("verdict"))
        .containsExactly("ok", "wrote beside a tensor");
  }

  /// The failure's message is the table as it has to be.
  @Tag("exhaustive")
  @Test
  void theTableIsComplete() {
    List<String> lines = new ArrayList<>();
    for (Precision precision : Precision.values()) {
      try (Backend backend = software(precision)) {
        for (BuiltInModel model : BuiltInModel.values()) {
          Smoke.Outcome outcome = new Smoke(backend, rows::add).outcome(model);
          lines.add("%s %s %s".formatted(model.label(), precision.label(), outcome));
        }
      }
    }
    assertThat(String.join("\n", lines)).isEqualTo(Smoke.SOFTWARE_GPU.strip());
  }
}
