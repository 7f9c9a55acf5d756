package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.softgpu.driver.SoftwareDriver;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every shipped kernel, launched by the real JCuda on the software GPU, against the reference.
class SoftwareGpuParityTest {
  private static final Backend REFERENCE = Backends.reference();
  private static final Backend CUDA = Backends.openSoftwareGpu();

  /// Tests of faults before this one may have left theirs.
  @BeforeAll
  static void forgetFindings() {
    Objects.requireNonNull(SoftwareDriver.installed()).clearFindings();
  }

  @AfterAll
  static void close() {
    CUDA.close();
    REFERENCE.close();
  }

  static List<OpCase> all() {
    return OpCases.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void agreesWithTheReference(OpCase opCase) {
    assertThat(new Parity(REFERENCE, CUDA).check(opCase))
        .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
    assertThat(Objects.requireNonNull(SoftwareDriver.installed()).findings()).isEmpty();
  }
}
