package dev.hindsight.verify;

import static dev.hindsight.backend.Precision.BF16;
import static dev.hindsight.backend.Precision.FP32;
import static dev.hindsight.backend.Precision.TF32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.error.UserException;
import dev.hindsight.verify.KernelResources.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CountingTest {
  private static final Gpu A100 = Gpu.named("a100");

  private static List<CountRow> count(String op, String shape) {
    List<CountRow> rows = new ArrayList<>();
    List<OpCase> cases =
        OpCases.all().stream().filter(c -> c.op().equals(op) && c.shape().equals(shape)).toList();
    assertThat(cases).hasSize(1);
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(A100.multiprocessors()))) {
      new Counting(backend, A100).count(cases, rows::add);
    }
    return rows;
  }

  /// 32 sums: every byte is moved once, and each sum is one operation.
  @Test
  void countsAnAdditionExactly() {
    CountRow row = count("add", "32").getFirst();
    KernelCounts add = row.launches().getFirst();
    assertThat(add.kernel()).isEqualTo("add");
    assertThat(add.flops()).isEqualTo(32);
    assertThat(add.bytesMoved()).isEqualTo(3 * 32 * Float.BYTES);
    assertThat(add.global().perIdeal()).isEqualTo(1);
  }

  @Test
  void aRowHasWhatPtxasSaidOfItsKernel() {
    var row = count("add", "32").getFirst().json(new KernelResources("sm_80")).getFirst();
    assertThat(row).containsEntry("spill_bytes", 0).containsEntry("shared_bytes", 0);
    assertThat((int) Objects.requireNonNull(row.get("registers"))).isBetween(8, 255);
  }

  @Test
  void hasARowForEveryPhaseThatLaunches() {
    assertThat(count("linear", "63x65x64"))
        .extracting(row -> row.phase().name())
        .containsExactly("forward", "backward");
    assertThat(count("copy", "1025")).isEmpty();
  }

  @Test
  void aSmallMadeSkipsNearlyWhatItsMasksAllow() {
    // A tile of 64 x 64 is a quarter of a side here, so the staircase costs much of its edge.
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(108))) {
      for (SkippedWork work : SkippedWork.ofMade(backend, 256)) {
        assertThat(work.ideal()).isBetween(0.4, 0.6);
        assertThat(work.skipped()).isBetween(work.ideal() - 0.25, work.ideal());
      }
    }
  }

  /// Of 65 units: two stages of weights and one of inputs in each of 9 blocks.
  @Test
  void countsTheSharedMemoryThatALaunchAsksFor() {
    KernelCounts lstm = count("lstm", "3x2x65").getFirst().launches().getFirst();
    assertThat(lstm.kernel()).isEqualTo("lstm_resident_8");
    assertThat(lstm.dynamicShared()).isEqualTo((2 * 64 * 32 + 64 * 68) * Float.BYTES);
  }

  /// By hand for 65,536 registers: 80 per thread and 128 threads leave room for 6 blocks of 16, and
  /// 17 KiB of shared memory (18 with what CUDA keeps) for 9 in 164 KiB.
  @Test
  void computesOccupancyAsCudaDoes() {
    assertThat(A100.occupancy(new Resources(80, 17408, 0), 128, 0)).isEqualTo(6 * 128 / 2048.0);
    assertThat(A100.occupancy(new Resources(32, 0, 0), 256, 0)).isEqualTo(1);
    assertThat(A100.occupancy(new Resources(16, 100 << 10, 0), 256, 0)).isEqualTo(256 / 2048.0);
    assertThat(A100.occupancy(new Resources(16, 0, 0), 256, 100 << 10)).isEqualTo(256 / 2048.0);
  }

  @Test
  void computesTheRoofline() {
    assertThat(A100.boundBy(FP32, 19_500_000, 1000)).isEqualTo("compute");
    assertThat(A100.leastMicroseconds(FP32, 19_500_000, 1000)).isCloseTo(1, within(1e-9));
    assertThat(A100.leastMicroseconds(TF32, 156_000_000, 1000)).isCloseTo(1, within(1e-9));
    assertThat(A100.leastMicroseconds(BF16, 312_000_000, 1000)).isCloseTo(1, within(1e-9));
    assertThat(A100.boundBy(FP32, 1000, 2_039_000)).isEqualTo("memory");
    assertThat(A100.leastMicroseconds(FP32, 1000, 2_039_000)).isCloseTo(1, within(1e-9));
  }

  @Test
  void knowsOnlyGpusWithData() {
    assertThat(Gpu.named("H100").architecture()).isEqualTo("sm_90");
    assertThatThrownBy(() -> Gpu.named("h1")).isInstanceOf(UserException.class);
    assertThatThrownBy(() -> Gpu.named("")).isInstanceOf(UserException.class);
  }
}
