package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.nd4j.Nd4jBackend;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.testing.CpuInBf16;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every op of the catalogue with activations in bf16, against the reference in double that starts
/// from the same rounded numbers.
@Tag("slow")
class CpuBf16ParityTest {
  private static final Backend DOUBLE = Nd4jBackend.inDouble();
  private static final Backend FAST = CpuInBf16.open();
  private static final Backend EMULATED = CpuBackend.openInBf16(2, true, true, true);
  private static final Backend NO_LIBRARY = CpuBackend.openInBf16(2, false, true, true);
  private static final Backend PLAIN = CpuBackend.openInBf16(3, false, false, true);

  @AfterAll
  static void close() {
    Stream.of(DOUBLE, FAST, EMULATED, NO_LIBRARY, PLAIN).forEach(Backend::close);
  }

  static List<OpCase> all() {
    return OpCases.all();
  }

  static List<OpCase> manyRows() {
    return OpCases.manyRows();
  }

  static List<OpCase> seedSizes() {
    return OpCases.seedSizes();
  }

  @ParameterizedTest
  @MethodSource("all")
  void smallCases(OpCase opCase) {
    OneReference.check(DOUBLE, opCase, FAST, EMULATED, NO_LIBRARY, PLAIN);
  }

  @ParameterizedTest
  @MethodSource("manyRows")
  void manyRows(OpCase opCase) {
    OneReference.check(DOUBLE, opCase, FAST, EMULATED);
  }

  /// Cut as those of many rows are, into more shares.
  @ParameterizedTest
  @MethodSource("seedSizes")
  @Tag("exhaustive")
  void seedSizes(OpCase opCase) {
    OneReference.check(DOUBLE, opCase, FAST);
  }
}
