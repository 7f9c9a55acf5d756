package dev.hindsight.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A block that is one op moves fewer bytes than the plain ops, whose numbers the catalogue holds
/// it to. Forward leaves out the two halves that the gate would read again. So does backward, which
/// turns tanh and σ into their gradients in place.
@Tag("slow")
class FusedBlockTest {
  private static final int C = 32;
  private static final int[][] RESIDUAL = {{1, 127, C}, {2, 2 * C, C}, {2 * C}, {C, C}, {C}};
  private static final int[][] GATED = {{1, 9, 13, C}, {4, 2 * C, C}, {1, 9, 13, 2 * C}, {C, C}};
  private static final Taps TAPS = Taps.left(7, true);

  private interface Block {
    Tensor run(Ops ops, Tensor[] t);
  }

  /// Of forward in inference and in training, and of backward.
  private static long[] moved(Precision precision, int[][] dims, Block block) {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(1), precision);
        Scope scope = backend.open("test")) {
      Tape tape = new Tape(scope);
      Tensor[] t = new Tensor[dims.length];
      for (int k = 0; k < dims.length; k++) {
        t[k] = empty(backend, scope, dims[k]);
        Tensor x = t[k];
        boolean activation = dims[k].length > 2 && dims[k][0] == 1;
        Tensor gradient = scope.tensor(activation ? x.type() : ElementType.FP32, dims[k]);
        scope.clear(gradient);
        tape.bind(x, gradient);
      }
      taken(backend);
      block.run(new Ops(backend, scope, null), t);
      long inference = taken(backend);
      Tensor y = block.run(new Ops(backend, scope, tape), t);
      long training = taken(backend);
      Tensor dy = empty(backend, scope, y.shape().dims());
      taken(backend);
      tape.backward(y, dy);
      return new long[] {inference, training, taken(backend)};
    }
  }

  /// Biases are fp32, all else lies as the backend stores it.
  private static Tensor empty(Backend backend, Scope scope, int... dims) {
    Tensor t = scope.tensor(dims.length == 1 ? ElementType.FP32 : backend.storage(), dims);
    scope.clear(t);
    return t;
  }

  /// Since the last call.
  private static long taken(Backend backend) {
    backend.synchronize();
    return Backends.takeCounts().stream().mapToLong(KernelCounts::bytesMoved).sum();
  }

  private static void assertFewer(long[] fused, long[] plain) {
    assertThat(IntStream.range(0, 3)).allSatisfy(k -> assertThat(fused[k]).isLessThan(plain[k]));
  }

  @ParameterizedTest
  @EnumSource
  void aResidualBlockMovesFewerBytes(Precision precision) {
    assertFewer(
        moved(precision, RESIDUAL, (ops, t) -> ops.residualBlock(t[0], t[1], t[2], 32, t[3], t[4])),
        moved(
            precision,
            RESIDUAL,
            (ops, t) ->
                ops.linearAdd(t[0], ops.gate(ops.causalConv1d(t[0], t[1], t[2], 32)), t[3], t[4])));
  }

  @ParameterizedTest
  @EnumSource
  void aGatedBlockMovesFewerBytes(Precision precision) {
    assertFewer(
        moved(precision, GATED, (ops, t) -> ops.gatedBlock(t[0], t[1], TAPS, t[2], t[3])),
        moved(
            precision,
            GATED,
            (ops, t) -> {
              Tensor g = ops.gate(ops.add(ops.maskedConv2d(t[0], t[1], null, TAPS), t[2]));
              return ops.add(t[0], ops.linear(g, t[3], null, Activation.IDENTITY));
            }));
  }
}
