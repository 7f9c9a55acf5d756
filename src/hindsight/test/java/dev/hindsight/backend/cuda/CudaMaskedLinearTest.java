package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Masked linear layers on the software GPU, whole and cut along K: what must never leak. That they
/// are right is in the catalogue (`TilesTest`).
@Tag("slow")
class CudaMaskedLinearTest {
  /// K is cut on a GPU of this size for the layers below, and is not on one of 1.
  private static final int LARGE = 132;

  @AfterEach
  void noFindings() {
    SoftwareGpu.assertNoFindings();
  }

  private static void assertSameBits(float[] got, float[] want) {
    for (int k = 0; k < want.length; k++) {
      assertThat(Float.floatToRawIntBits(got[k]))
          .as("[%d]: got %s, want %s", k, got[k], want[k])
          .isEqualTo(Float.floatToRawIntBits(want[k]));
    }
  }

  @Test
  void theseLayersAreCutOnALargeGpuOnly() {
    MaskedLayer y = new MaskedLayer(5, 300, 70);
    MaskedLayer gradients = new MaskedLayer(290, 80, 300);
    for (int multiprocessors : new int[] {1, LARGE}) {
      LaunchGeometry geometry = new LaunchGeometry(multiprocessors);
      boolean cut = multiprocessors == LARGE;
      assertThat(geometry.maskedY(5, y.degrees, 0, 70).chunks() > 1).isEqualTo(cut);
      assertThat(geometry.maskedDx(290, gradients.degrees).chunks() > 1).isEqualTo(cut);
      assertThat(geometry.maskedDw(290, gradients.degrees).chunks() > 1).isEqualTo(cut);
      assertThat(geometry.columns(290, 300).pieces() > 1).isEqualTo(cut);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 17, 150, 299})
  void aNanReachesOnlyTheOutputsThatSeeIt(int poisoned) {
    MaskedLayer l = new MaskedLayer(5, 300, 70);
    for (int multiprocessors : new int[] {1, LARGE}) {
      try (Backend gpu = SoftwareGpu.open(multiprocessors)) {
        MaskedLayer dirty = new MaskedLayer(5, 300, 70);
        dirty.setInput(poisoned, Float.NaN);
        assertOnlySeen(l, poisoned, 0, l.o, dirty.forward(gpu), l.forward(gpu));
        // few enough columns for the kernel of the sampler
        assertOnlySeen(l, poisoned, 30, 34, dirty.forward(gpu, 30, 34), l.forward(gpu, 30, 34));
        // a range whose first column is not at a multiple of 16 bytes
        assertOnlySeen(l, poisoned, 3, 69, dirty.forward(gpu, 3, 69), l.forward(gpu, 3, 69));
      }
    }
  }

  private static void assertOnlySeen(
      MaskedLayer l, int poisoned, int from, int to, float[] got, float[] clean) {
    for (int n = 0; n < l.n; n++) {
      for (int o = 0; o < l.o; o++) {
        boolean inside = o >= from && o < to;
        boolean sees = inside && poisoned < l.degrees.live(o);
        float value = got[n * l.o + o];
        assertThat(Float.isNaN(value)).as("y[%d,%d] = %s", n, o, value).isEqualTo(sees);
        if (!sees) {
          assertThat(value).as("y[%d,%d]", n, o).isEqualTo(inside ? clean[n * l.o + o] : 0f);
        }
      }
    }
  }

  @Test
  void gradientsOfMaskedWeightsAreNotTouched() {
    MaskedLayer l = new MaskedLayer(290, 130, 129);
    for (int multiprocessors : new int[] {1, LARGE}) {
      try (Backend gpu = SoftwareGpu.open(multiprocessors)) {
        float[] dw = l.backward(gpu, -0.0f)[1];
        for (int o = 0; o < l.o; o++) {
          for (int i = l.degrees.live(o); i < l.i; i++) {
            assertThat(Float.floatToRawIntBits(dw[o * l.i + i]))
                .as("dw[%d,%d]", o, i)
                .isEqualTo(Float.floatToRawIntBits(-0.0f));
          }
        }
      }
    }
  }

  @Test
  void theSameCallGivesTheSameBitsAndReservesNothingMore() {
    MaskedLayer l = new MaskedLayer(290, 300, 130);
    try (Backend gpu = SoftwareGpu.open(LARGE)) {
      float[] y = l.forward(gpu);
      float[][] gradients = l.backward(gpu, 0);
      long reserved = gpu.reservedBytes();
      for (int again = 0; again < 2; again++) {
        assertSameBits(l.forward(gpu), y);
        float[][] g = l.backward(gpu, 0);
        for (int k = 0; k < g.length; k++) {
          assertSameBits(g[k], gradients[k]);
        }
      }
      assertThat(gpu.reservedBytes()).isEqualTo(reserved);
    }
  }
}
