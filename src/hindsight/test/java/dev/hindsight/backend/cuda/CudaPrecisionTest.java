package dev.hindsight.backend.cuda;

import static dev.hindsight.testing.Tensors.stored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.device.DeviceFacts;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/// Products on tensor cores, on the software GPU: every element in its place, what is rounded and
/// how, and what must not leak though an mma cannot select.
@Tag("slow")
class CudaPrecisionTest {
  /// K is cut on a GPU of this size for the layers below; the catalogue's are not.
  private static final int LARGE = 132;

  @AfterEach
  void noFindings() {
    SoftwareGpu.assertNoFindings();
  }

  private static void assertSameBits(float[] got, float[] want) {
    assertThat(got).hasSameSizeAs(want);
    for (int k = 0; k < want.length; k++) {
      if (Float.floatToIntBits(got[k]) != Float.floatToIntBits(want[k])) { // one NaN is as good
        fail("[%d]: got %s, want %s", k, got[k], want[k]);
      }
    }
  }

  /// As activations are stored.
  private static float[] rounded(Precision precision, float[] values) {
    float[] stored = new float[values.length];
    for (int k = 0; k < values.length; k++) {
      stored[k] = precision.storage().round(values[k]);
    }
    return stored;
  }

  /// Sums of products of small integers are exact, so any element out of its place shows.
  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "FP32")
  void integersGiveTheBitsOfFp32(Precision precision) {
    MaskedLayer forward = new MaskedLayer(69, 300, 130);
    MaskedLayer backward = new MaskedLayer(270, 77, 259);
    forward.roundToIntegers();
    backward.roundToIntegers();
    try (Backend exact = SoftwareGpu.open(LARGE);
        Backend gpu = SoftwareGpu.open(LARGE, precision)) {
      assertSameBits(forward.forward(gpu), rounded(precision, forward.forward(exact)));
      float[] few = forward.forward(exact, 3, 68);
      assertSameBits(forward.forward(gpu, 3, 68), rounded(precision, few));
      float[][] want = backward.backward(exact, 0.5f);
      float[][] got = backward.backward(gpu, 0.5f);
      for (int k = 0; k < want.length; k++) {
        assertSameBits(got[k], k == 0 ? rounded(precision, want[k]) : want[k]);
      }
    }
  }

  /// tf32 rounds halves away from zero, bf16 to even.
  @ParameterizedTest
  @CsvSource({
    "FP32, 0x1.004p0 0x1.004p0",
    "TF32, 0x1.001p0 0x1.0p0 0x1.002p0 0x1.004p0 -0x1.006p0 -0x1.008p0 0x1.004p0 0x1.004p0",
    "BF16, 0x1.01p0 0x1.0p0 0x1.0101p0 0x1.02p0 -0x1.03p0 -0x1.04p0 0x1.02p0 0x1.02p0",
  })
  void bothFactorsAreRounded(Precision precision, String pairs) {
    try (Backend gpu = SoftwareGpu.open(1, precision)) {
      String[] values = pairs.split(" ", -1);
      for (int k = 0; k < values.length; k += 2) {
        float x = Float.parseFloat(values[k]);
        float rounded = Float.parseFloat(values[k + 1]);
        assertThat(product(gpu, x, 1)).as(values[k]).isEqualTo(rounded);
        assertThat(product(gpu, 1, x)).as(values[k]).isEqualTo(rounded);
        float square = precision.storage().round(rounded * rounded);
        assertThat(product(gpu, x, x)).as(values[k]).isEqualTo(square);
      }
      assertThat(gpu.precision()).isEqualTo(precision);
      assertThat(gpu.describe()).endsWith(", " + precision.label());
    }
  }

  private static float product(Backend gpu, float x, float w) {
    try (Scope scope = gpu.open("product")) {
      Tensor y = scope.tensor(gpu.storage(), 1, 1);
      gpu.linear()
          .forward(
              stored(gpu, scope, new float[] {x}, 1, 1),
              stored(gpu, scope, new float[] {w}, 1, 1),
              null,
              Activation.IDENTITY,
              y);
      return gpu.readFloats(y)[0];
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "FP32")
  void whatIsNotFiniteReachesOnlyTheOutputsThatSeeIt(Precision precision) {
    MaskedLayer clean = new MaskedLayer(5, 300, 70);
    try (Backend gpu = SoftwareGpu.open(LARGE, precision)) {
      float[] want = clean.forward(gpu);
      for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
        for (int poisoned : new int[] {0, 17, 149, 150, 299}) {
          MaskedLayer dirty = new MaskedLayer(5, 300, 70);
          dirty.x[2 * 300 + poisoned] = value;
          float[] seen = want.clone();
          for (int o = 0; o < 70; o++) {
            if (poisoned < clean.degrees.live(o)) {
              float sum = value * clean.w[o * 300 + poisoned];
              seen[2 * 70 + o] = Float.isNaN(sum) ? sum : sum > 0 ? 1 : 0; // sigmoid
            }
          }
          assertSameBits(dirty.forward(gpu), seen);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNanInAGradientReachesOnlyWhatItsOutputSees(Precision precision) {
    MaskedLayer clean = new MaskedLayer(5, 150, 300);
    try (Backend gpu = SoftwareGpu.open(LARGE, precision)) {
      float[][] want = clean.backward(gpu, 0);
      for (int poisoned : new int[] {0, 100, 151, 299}) {
        MaskedLayer dirty = new MaskedLayer(5, 150, 300);
        dirty.dy()[3 * 300 + poisoned] = Float.NaN;
        int live = clean.degrees.live(poisoned);
        float[] dx = want[0].clone();
        float[] dw = want[1].clone();
        Arrays.fill(dx, 3 * 150, 3 * 150 + live, Float.NaN);
        Arrays.fill(dw, poisoned * 150, poisoned * 150 + live, Float.NaN);
        float[][] got = dirty.backward(gpu, 0);
        assertSameBits(got[0], dx);
        assertSameBits(got[1], dw);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatStandsInMaskedWeightsIsNeverUsed(Precision precision) {
    try (Backend gpu = SoftwareGpu.open(LARGE, precision)) {
      MaskedLayer clean = new MaskedLayer(5, 300, 260);
      MaskedLayer poisoned = new MaskedLayer(5, 300, 260);
      poisoned.setMaskedWeights(Float.NaN);
      assertSameBits(poisoned.forward(gpu), clean.forward(gpu));
      assertSameBits(poisoned.forward(gpu, 100, 103), clean.forward(gpu, 100, 103));
      assertSameBits(poisoned.backward(gpu, 0)[0], clean.backward(gpu, 0)[0]);
    }
  }

  @Test
  void aGpuWithoutTheseTensorCoresIsRefusedInOneLine() {
    DeviceFacts turing = new DeviceFacts("T4", 7, 5, 40, 16L << 30);
    CudaDevice.require(Precision.FP32, turing);
    for (Precision precision : Arrays.asList(Precision.TF32, Precision.BF16)) {
      CudaDevice.require(precision, new DeviceFacts("A100", 8, 0, 108, 80L << 30));
      assertThatThrownBy(() -> CudaDevice.require(precision, turing))
          .isInstanceOf(BackendException.class)
          .hasMessageContaining("8.0 or later for " + precision.label() + ", got T4")
          .hasMessageEndingWith("use fp32");
    }
  }

  @Test
  void aDriverThatCannotInstantiateGraphsIsRefusedInOneLine() {
    CudaDevice.requireDriver(11040);
    CudaDevice.requireDriver(13000);
    assertThatThrownBy(() -> CudaDevice.requireDriver(11030))
        .isInstanceOf(BackendException.class)
        .hasMessage(
            "cuda: wanted an NVIDIA driver for CUDA 11.4 or later (r470), got one for CUDA 11.3;"
                + " update the driver");
  }
}
