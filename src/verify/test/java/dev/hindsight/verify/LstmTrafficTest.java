package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What the software GPU counted: where the weights stay on the chip, a step of an LSTM moves the
/// state, and weights are read once for the whole sequence.
class LstmTrafficTest {
  private static final int BATCH = 64;

  /// A backend, and a recurrence of so many units on it.
  private record Case(Backend backend, int hidden) {
    private Tensor stored(Scope scope, int... dims) {
      Tensor tensor = scope.tensor(backend.storage(), dims);
      backend.fill(tensor, 0);
      return tensor;
    }

    /// Bytes of the state as it is stored.
    long state() {
      return (long) BATCH * hidden * backend.storage().bytes();
    }

    long weights() {
      return 4L * hidden * hidden * backend.storage().bytes();
    }

    long bytes(int steps, boolean backward, String kernel) {
      try (Scope scope = backend.open("test")) {
        Tensor wh = stored(scope, 4 * hidden, hidden);
        Tensor c = scope.zeros(steps + 1, BATCH, hidden);
        Tensor gates = stored(scope, steps, BATCH, 4 * hidden);
        Tensor h = stored(scope, steps + (backward ? 0 : 1), BATCH, hidden);
        Tensor dc = scope.zeros(BATCH, hidden);
        backend.synchronize();
        Backends.takeCounts();
        if (backward) {
          backend.lstm().backward(wh, c, gates, h, dc);
        } else {
          backend.lstm().forward(wh, h, c, gates);
        }
        backend.synchronize();
        var counts = Backends.takeCounts();
        assertThat(counts).extracting(KernelCounts::kernel).containsExactly(kernel);
        return counts.getFirst().bytesMoved();
      }
    }

    /// @param least of a step: what the blocks read of the state, and what each unit has to itself
    /// @param rest of the sequence: the weights
    void assertReadsTheStateAlone(boolean backward, String kernel, long least, long rest) {
      long four = bytes(4, backward, kernel);
      long step = bytes(5, backward, kernel) - four;
      assertThat(step / (double) least).as("bytes of a step of the least").isBetween(1.0, 1.01);
      assertThat(four - 4 * step).as("bytes of the sequence").isLessThanOrEqualTo(rest);
    }
  }

  /// What a step reads and writes, in states as they are stored; a state in fp32 counts twice in
  /// bf16. Forwards h by every block of units; and of each unit its gates before and after their
  /// activations, the state before and after, and the new h. Backwards the gates' gradients at the
  /// step after by every block; and of each unit its gates and then their gradients, both states,
  /// and dh and dc, each read and written. Backwards in bf16 both chunks of K add, in fp32, what is
  /// written and read but on clusters, and before the first step both halves of the batch read the
  /// weights, and of each sector a warp has use for the half.
  static Stream<Arguments> steps() {
    return Stream.of(
        Arguments.of("lstm_resident_8", 8, 64, 8 + 4 + 4 + 1 + 1 + 1, 1),
        Arguments.of("lstm_resident_8_backward", 8, 64, 8 * 4 + 4 + 4 + 2 + 2 + 2, 1),
        Arguments.of("lstm_resident_rows_32_bf16", 20, 320, 320 / 16 + 4 + 4 + 2 + 2 + 1, 1),
        Arguments.of(
            "lstm_resident_rows_32_backward_bf16",
            20,
            320,
            4 * 320 / 64 + 2 * (2 + 2) + 4 + 4 + 2 + 4 + 4,
            4),
        Arguments.of(
            "lstm_resident_rows_32_backward_cluster_bf16",
            56,
            320,
            4 * 320 / 80 + 4 + 4 + 2 + 4 + 4,
            4));
  }

  /// @param multiprocessors for which the kernel is the one
  /// @param states that a step moves
  /// @param weights how often the sequence reads them
  @ParameterizedTest
  @MethodSource("steps")
  void aStepMovesTheStateAndNothingElse(
      String kernel, int multiprocessors, int hidden, int states, int weights) {
    boolean half = kernel.endsWith("bf16");
    SoftwareGpu gpu = SoftwareGpu.counting(multiprocessors);
    try (Backend backend = Backends.openSoftwareGpu(gpu, half ? Precision.BF16 : Precision.FP32)) {
      var on = new Case(backend, hidden);
      on.assertReadsTheStateAlone(
          kernel.contains("backward"), kernel, states * on.state(), weights * on.weights());
    }
  }
}
