package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.nd4j.Nd4jBackend;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every op of the catalogue against the reference in double, with and without what makes it fast.
@Tag("slow")
class CpuParityTest {
  private static final Backend DOUBLE = Nd4jBackend.inDouble();
  private static final Backend FAST = CpuBackend.open(2, true, true);
  private static final Backend NO_LIBRARY = CpuBackend.open(2, false, true);
  private static final Backend NO_VECTORS = CpuBackend.open(1, true, false);
  private static final Backend PLAIN = CpuBackend.open(3, false, false);

  @AfterAll
  static void close() {
    Stream.of(DOUBLE, FAST, NO_LIBRARY, NO_VECTORS, PLAIN).forEach(Backend::close);
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
    OneReference.check(DOUBLE, opCase, FAST, NO_LIBRARY, NO_VECTORS, PLAIN);
  }

  @ParameterizedTest
  @MethodSource("manyRows")
  void manyRows(OpCase opCase) {
    OneReference.check(DOUBLE, opCase, FAST, NO_LIBRARY);
  }

  /// Cut as those of many rows are, into more shares.
  @ParameterizedTest
  @MethodSource("seedSizes")
  @Tag("exhaustive")
  void seedSizes(OpCase opCase) {
    OneReference.check(DOUBLE, opCase, FAST);
  }
}
