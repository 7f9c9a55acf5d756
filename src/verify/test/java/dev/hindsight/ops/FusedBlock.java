package dev.hindsight.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/// How a block that is one op is compared with the plain ops.
final class FusedBlock {
  private FusedBlock() {}

  /// By name, and how to open them.
  static Stream<Arguments> backends() {
    Map<String, Supplier<Backend>> all = new LinkedHashMap<>();
    all.put("nd4j in double", Backends::reference);
    all.put("cpu", () -> Backends.open("cpu"));
    for (Precision precision : Precision.values()) {
      all.put(
          "software GPU in " + precision.label(),
          () -> Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision));
    }
    return all.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  /// Fails where results, by name, lie further apart than that for each 1 + their size.
  static void assertClose(
      Object sizes, Map<String, double[]> fused, Map<String, double[]> plain, double allowed) {
    assertThat(fused.keySet()).isEqualTo(plain.keySet());
    fused.forEach(
        (tensor, got) -> {
          double[] want = Objects.requireNonNull(plain.get(tensor));
          assertThat(got).as("%s: %s", sizes, tensor).hasSameSizeAs(want);
          for (int k = 0; k < want.length; k++) {
            assertThat(Math.abs(got[k] - want[k]))
                .as("%s: %s[%d] is %s and %s", sizes, tensor, k, got[k], want[k])
                .isLessThanOrEqualTo(allowed * (1 + Math.abs(want[k])));
          }
        });
  }

  /// What kernels moved since the last call, on a software GPU that counts.
  static long bytesMoved(Backend backend) {
    backend.synchronize();
    return Backends.takeCounts().stream().mapToLong(KernelCounts::bytesMoved).sum();
  }
}
