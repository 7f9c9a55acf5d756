package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// What the software GPU counted: where the weights stay on the chip, a step of an LSTM moves the
/// state, and weights are read once for the whole sequence.
class LstmTrafficTest {
  private static final int BATCH = 64;
  private static final int HIDDEN = 64;
  private static final int BLOCKS = HIDDEN / 8; // each of which reads the whole state
  private static final long STATE = (long) BATCH * HIDDEN * Float.BYTES;
  private static final long WEIGHTS = 4L * HIDDEN * HIDDEN * Float.BYTES;

  private static long bytes(Backend backend, int steps, boolean backward) {
    try (Scope scope = backend.open("test")) {
      Tensor wh = scope.zeros(4 * HIDDEN, HIDDEN);
      Tensor c = scope.zeros(steps + 1, BATCH, HIDDEN);
      Tensor gates = scope.zeros(steps, BATCH, 4 * HIDDEN);
      Tensor h = scope.zeros(steps + (backward ? 0 : 1), BATCH, HIDDEN);
      Tensor dc = scope.zeros(BATCH, HIDDEN);
      Backends.takeCounts();
      if (backward) {
        backend.lstm().backward(wh, c, gates, h, dc);
      } else {
        backend.lstm().forward(wh, h, c, gates);
      }
      backend.synchronize();
      var counts = Backends.takeCounts();
      assertThat(counts)
          .extracting(KernelCounts::kernel)
          .containsExactly(backward ? "lstm_resident_8_backward" : "lstm_resident_8");
      return counts.getFirst().bytesMoved();
    }
  }

  /// @param least of a step: what the blocks read of the state, and what each unit has to itself
  private static void assertReadsTheStateAlone(boolean backward, long least) {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(BLOCKS))) {
      long four = bytes(backend, 4, backward);
      long step = bytes(backend, 5, backward) - four;
      assertThat(step / (double) least).as("bytes of a step of the least").isBetween(1.0, 1.01);
      long rest = four - 4 * step;
      assertThat(rest).as("bytes of the sequence").isLessThanOrEqualTo(WEIGHTS);
    }
  }

  /// h by every block; and of each unit its gates before and after their activations, the state
  /// before and after, and the new h.
  @Test
  void aStepReadsTheStateAndNothingElse() {
    assertReadsTheStateAlone(false, BLOCKS * STATE + (4 + 4 + 1 + 1 + 1) * STATE);
  }

  /// The gates' gradients at the step after by every block; and of each unit its gates and then
  /// their gradients, both states, and dh and dc, each read and written.
  @Test
  void aStepBackwardsReadsTheGradientsAndNothingElse() {
    assertReadsTheStateAlone(true, BLOCKS * 4 * STATE + (4 + 4 + 2 + 2 + 2) * STATE);
  }
}
