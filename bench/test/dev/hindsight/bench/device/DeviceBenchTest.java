package dev.hindsight.bench.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The whole way of a time on the software GPU; what its clock says is never looked at.
@Tag("slow")
class DeviceBenchTest {
  private static Backend software(Precision precision) {
    return Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision);
  }

  @Test
  void aGraphOfCallsRunsAgainAndAgainWithoutBeingCalled() {
    try (Backend backend = software(Precision.FP32);
        DeviceClock clock = new DeviceClock(backend, Effort.SOFTWARE);
        Scope scope = backend.open("test")) {
      Tensor one = scope.floats(5);
      backend.fill(one, 1);
      Tensor sum = scope.zeros(5);
      int[] called = {0};
      Runnable work =
          () -> {
            called[0]++;
            backend.add().accumulate(one, sum);
          };
      DeviceTime time = clock.graph("adding", work);
      assertThat(time.calls()).isEqualTo(2);
      assertThat(time.graph()).isTrue();
      assertThat(called[0]).as("2 to know how long, 2 plain, 2 captured").isEqualTo(6);
      assertThat(backend.readFloats(sum)) // the captured ones and 3 repetitions of them
          .containsOnly(2 + 2 + 2 + 3 * 2);

      called[0] = 0;
      assertThat(clock.launches(work).graph()).isFalse();
      assertThat(called[0]).isEqualTo(2 + 3 * 2);
    }
  }

  @Test
  void quartilesAreOfOneCall() {
    DeviceTime time = DeviceTime.of(4, true, new double[] {40, 8, 16, 24, 12});
    assertThat(time.median()).isEqualTo(4);
    assertThat(time.quarter()).isEqualTo(3);
    assertThat(time.threeQuarters()).isEqualTo(6);
    assertThat(DeviceTime.of(1, true, new double[] {1, 2}).median()).isEqualTo(1.5);
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void aRowHasItsCeilings(Precision precision) {
    OpCase linear = named("linear 31x32x33");
    List<DeviceRow> rows = new ArrayList<>();
    try (Backend backend = software(precision);
        DeviceClock clock = new DeviceClock(backend, Effort.SOFTWARE)) {
      new DeviceBench(backend, clock).run(List.of(linear), rows::add);
    }
    assertThat(rows).extracting(row -> row.phase().name()).containsExactly("forward", "backward");
    for (DeviceRow row : rows) {
      assertThat(row.ceilings().copyGigabytes()).isPositive();
      assertThat(row.ceilings().teraflops(precision)).isPositive();
      assertThat(row.json(true))
          .containsEntry("software_gpu", true)
          .containsEntry("precision", precision.label());
    }
    DeviceRow forward = rows.getFirst();
    assertThat(forward.teraflops() * forward.time().median())
        .isCloseTo(2.0 * 31 * 32 * 33 / 1e6, within(1e-9));
    assertThat((double) Objects.requireNonNull(forward.json(true).get("percent_of_arithmetic")))
        .isCloseTo(
            100 * forward.teraflops() / forward.ceilings().teraflops(precision), within(1e-9));
  }

  @Test
  void onlyTheCudaBackendHasAStream() {
    try (Backend cpu = Backends.open("cpu")) {
      assertThatThrownBy(() -> new DeviceClock(cpu, Effort.SOFTWARE))
          .hasMessageContaining("wanted the cuda backend, which has a stream, got cpu");
    }
  }

  // ---- kernels that no op launches

  private static final int N = 2 * 35;

  @Test
  void roofline() {
    try (Backend backend = software(Precision.FP32);
        Scope scope = backend.open("test")) {
      Tensor from = numbers(backend, scope, 1, 2, 3, 4, 5, 6, 7, 8);
      Tensor to = scope.zeros(8);
      BenchKernels.load(backend, "roofline", "roofline_copy")
          .launch(Extent.of(1), Extent.of(256), 0, from, to, 8L);
      assertThat(backend.readFloats(to)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);

      Tensor out = scope.zeros(512);
      BenchKernels.load(backend, "roofline", "roofline_fma")
          .launch(Extent.of(2), Extent.of(256), 0, out, 1f, 2f, 3);
      float[] sums = backend.readFloats(out);
      for (int k = 0; k < sums.length; k++) { // 16 sums from thread + k, 3 · 8 times 2 more
        assertThat(sums[k]).as("thread %d", k).isEqualTo(16f * (k % 256) + 120 + 16 * 3 * 8 * 2);
      }
    }
  }

  @Test
  void masksAsData() {
    try (Backend backend = software(Precision.FP32);
        Scope scope = backend.open("test")) {
      float[] w = new float[N];
      float[] mask = new float[N];
      for (int k = 0; k < N; k++) {
        w[k] = 1 + k / 512f;
        mask[k] = k % 3 == 0 ? 0 : 1;
      }
      Tensor weights = numbers(backend, scope, w);
      Tensor masks = numbers(backend, scope, mask);
      Tensor y = scope.zeros(N);
      BenchKernels.load(backend, "dense_mask", "multiply_mask")
          .launch(Extent.of(1), Extent.of(256), 0, weights, masks, y, (long) N);
      float[] products = backend.readFloats(y);
      Tensor halves = scope.zeros(N / 2);
      BenchKernels.load(backend, "dense_mask", "multiply_mask_rounded")
          .launch(Extent.of(1), Extent.of(256), 0, weights, masks, halves, (long) N);
      float[] pairs = backend.readFloats(halves);
      for (int k = 0; k < N; k++) {
        float product = k % 3 == 0 ? 0 : w[k];
        assertThat(products[k]).isEqualTo(product);
        int bits = Float.floatToRawIntBits(pairs[k / 2]) >>> (k % 2 * 16) << 16;
        float nearest =
            Math.round(product * 128 - 0x1p-20) / 128f; // 7 bits of fraction from 1 to 2
        if (product * 256 % 2 == 1) {
          nearest = 2 * Math.round(product * 64) / 128f; // between two: the even one
        }
        assertThat(Float.intBitsToFloat(bits)).as("bf16 of %s", product).isEqualTo(nearest);
      }
      Tensor scores = numbers(backend, scope, 1, 2, 3, 4, 5, 6, 7, 8);
      Tensor triangle = numbers(backend, scope, 0, Float.NEGATIVE_INFINITY, 0, 0);
      Tensor sum = scope.zeros(8);
      BenchKernels.load(backend, "dense_mask", "add_mask")
          .launch(Extent.of(1), Extent.of(256), 0, scores, 0.5f, triangle, sum, 4, 8L);
      assertThat(backend.readFloats(sum))
          .containsExactly(
              0.5f, Float.NEGATIVE_INFINITY, 1.5f, 2, 2.5f, Float.NEGATIVE_INFINITY, 3.5f, 4);
    }
  }

  private static Tensor numbers(Backend backend, Scope scope, float... values) {
    Tensor tensor = scope.floats(values.length);
    backend.write(tensor, values);
    return tensor;
  }

  private static OpCase named(String name) {
    return OpCases.all().stream()
        .filter(opCase -> opCase.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new AssertionError(
                    name + " of " + Arrays.toString(OpCases.all().toArray()).substring(0, 300)));
  }
}
