package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.nn.Parameters;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Test;

class WeightAverageTest {
  private static Parameters of(Backend backend, float... weights) {
    Parameters parameters = new Parameters(backend);
    parameters.add("w", Shape.of(weights.length), () -> weights);
    parameters.allocate();
    return parameters;
  }

  /// The weight is the number of the step.
  @Test
  void isTheAverageThatTheFormulaGives() {
    try (Backend backend = Backends.open("cpu");
        Parameters parameters = of(backend, 0, 0, 7)) {
      Tensor weights = parameters.all().getFirst().value();
      WeightAverage average = new WeightAverage(backend, parameters, 0.9f);
      average.begin();
      double wanted = 0;
      for (int step = 1; step <= 200; step++) {
        backend.write(weights, new float[] {step, 0, 7});
        average.follow(step);
        if (step % WeightAverage.STRIDE == 0) {
          double decay = Math.min(0.9f, (1.0 + step) / (10.0 + step));
          double kept = Math.pow(decay, WeightAverage.STRIDE);
          wanted = kept * wanted + (1 - kept) * step;
        }
      }
      float[] found = backend.readFloats(average.value());
      assertThat((double) found[0]).isCloseTo(wanted, within(1e-4 * wanted));
      assertThat(found[1]).isZero();
      assertThat(found[2]).isCloseTo(7, within(1e-5f));
      assertThat(wanted).isBetween(190.0, 199.0); // 200 has not been forgotten
    }
  }

  @Test
  void theModelHasItWhileItIsMeasuredAndNoLonger() {
    try (Backend backend = Backends.open("cpu");
        Parameters parameters = of(backend, 1, 2)) {
      Tensor weights = parameters.all().getFirst().value();
      WeightAverage average = new WeightAverage(backend, parameters, 0.9f);
      average.begin();
      backend.write(weights, new float[] {3, 4});
      double first = average.measured(() -> backend.readFloats(weights)[0]);
      assertThat(first).isEqualTo(1);
      assertThat(backend.readFloats(weights)).containsExactly(3, 4);
    }
  }
}
