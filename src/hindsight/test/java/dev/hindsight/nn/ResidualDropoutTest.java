package dev.hindsight.nn;

import static dev.hindsight.testing.Tensors.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/// Training drops elements of what a branch of a block adds and raises the others; inference adds
/// all of it.
class ResidualDropoutTest {
  private static final RandomKey KEY = RandomKey.of(5);
  private static final int BATCH = 3;
  private static final int LENGTH = 7;
  private static final int WIDTH = 6;
  private static final float RATE = 0.25f;

  @Test
  void attentionDropsPartOfWhatItAdds() {
    try (Backend backend = Backends.open("cpu");
        Parameters parameters = new Parameters(backend)) {
      var attention = new SelfAttention(parameters, "block", WIDTH, 2, RATE, KEY);
      parameters.allocate();
      assertDrops(parameters, attention::forward);
    }
  }

  @Test
  void thePerceptronDropsPartOfWhatItAdds() {
    try (Backend backend = Backends.open("cpu");
        Parameters parameters = new Parameters(backend)) {
      var block = new TransformerBlock(parameters, "block", WIDTH, 2, RATE, KEY);
      parameters.allocate();
      for (String name :
          List.of("block.proj.weight", "block.proj.bias")) { // attention adds nothing
        Parameter p =
            parameters.all().stream().filter(q -> q.name().equals(name)).findFirst().orElseThrow();
        parameters.write(p, new float[Math.toIntExact(p.shape().size())]);
      }
      assertDrops(parameters, block::forward);
    }
  }

  private static void assertDrops(Parameters parameters, BiFunction<Ops, Tensor, Tensor> branch) {
    Backend backend = parameters.backend();
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.floats(BATCH, LENGTH, WIDTH);
      float[] from = Philox.uniforms(KEY.fold("x"), Math.toIntExact(x.size()));
      backend.write(x, from);
      Tape tape = parameters.tape(scope);
      tape.drawFrom(ints(backend, scope, new Draw(KEY, 0).words()));
      float[] all = backend.readFloats(branch.apply(new Ops(backend, scope, null), x));
      float[] some = backend.readFloats(branch.apply(new Ops(backend, scope, tape), x));
      int dropped = 0;
      for (int k = 0; k < from.length; k++) {
        boolean kept = some[k] != from[k];
        dropped += kept ? 0 : 1;
        float added = kept ? (all[k] - from[k]) / (1 - RATE) : 0;
        assertThat(some[k] - from[k]).as("element %d", k).isCloseTo(added, within(1e-5f));
      }
      assertThat(dropped).isBetween(from.length / 8, from.length / 2);
    }
  }
}
