package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Operand;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whether zeros are written or only promised, every op leaves the same values.
class BornZeroTest {
  private static final Backend BACKEND = CpuBackend.open(2, true, true);

  @AfterAll
  static void close() {
    BACKEND.close();
  }

  static List<OpCase> withBackward() {
    return Stream.concat(OpCases.all().stream(), OpCases.manyRows().stream())
        .filter(c -> c.backward() != null)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("withBackward")
  void everyGradientIsTheSame(OpCase opCase) {
    Map<String, List<Float>> written = run(opCase, false);
    run(opCase, true)
        .forEach((name, values) -> assertThat(values).as(name).isEqualTo(written.get(name)));
  }

  /// All operands after forward and backward, in memory that held NaN.
  private static Map<String, List<Float>> run(OpCase opCase, boolean promised) {
    poison(opCase);
    try (Scope scope = BACKEND.open("born")) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Operand o : opCase.operands()) {
        tensors.put(o.name(), tensor(scope, o, promised));
      }
      opCase.forward().run(BACKEND, name -> Objects.requireNonNull(tensors.get(name)));
      Objects.requireNonNull(opCase.backward())
          .run(BACKEND, name -> Objects.requireNonNull(tensors.get(name)));
      Map<String, List<Float>> values = new LinkedHashMap<>();
      tensors.forEach((name, tensor) -> values.put(name, read(tensor)));
      return values;
    }
  }

  private static void poison(OpCase opCase) {
    try (Scope scope = BACKEND.open("born")) {
      for (Operand o : opCase.operands()) {
        BACKEND.fill(scope.floats(o.shape().dims()), Float.NaN);
      }
    }
  }

  private static Tensor tensor(Scope scope, Operand o, boolean promised) {
    int[] dims = o.shape().dims();
    if (o.role() == Role.GRADIENT) {
      return promised ? scope.gradient(dims) : scope.zeros(dims);
    }
    Tensor t = scope.floats(dims);
    BACKEND.write(t, o.values());
    return t;
  }

  private static List<Float> read(Tensor t) {
    float[] values = BACKEND.readFloats(t);
    List<Float> boxed = new ArrayList<>(values.length);
    for (float value : values) {
      boxed.add(value + 0f); // a sum that begins at 0 is never -0
    }
    return boxed;
  }

  @Test
  void zerosAreThereForWhoeverReadsFirst() {
    try (Scope scope = BACKEND.open("read")) {
      BACKEND.fill(scope.floats(1000), Float.NaN);
    }
    try (Scope scope = BACKEND.open("read")) {
      Tensor gradient = scope.gradient(1000);
      assertThat(BACKEND.readFloats(gradient)).containsOnly(0);
    }
  }

  @Test
  void aPartThatIsWrittenKeepsTheZerosOfTheRest() {
    try (Scope scope = BACKEND.open("part")) {
      BACKEND.fill(scope.floats(10), Float.NaN);
    }
    try (Scope scope = BACKEND.open("part")) {
      Tensor gradient = scope.gradient(10);
      Tensor part = gradient.part(3, Shape.of(2));
      BACKEND.fill(part, 1);
      assertThat(BACKEND.readFloats(gradient)).containsExactly(0, 0, 0, 1, 1, 0, 0, 0, 0, 0);
    }
  }

  @Test
  void whatTakesThePlaceOfAPromiseStays() {
    try (Scope scope = BACKEND.open("place")) {
      assertThat(scope.gradient(1000).size()).isEqualTo(1000);
    }
    try (Scope scope = BACKEND.open("place")) {
      Tensor first = scope.floats(64);
      Tensor second = scope.floats(64);
      BACKEND.fill(first, 7);
      BACKEND.fill(second, 8);
      assertThat(BACKEND.readFloats(first)).containsOnly(7);
      assertThat(BACKEND.readFloats(second)).containsOnly(8);
    }
  }
}
