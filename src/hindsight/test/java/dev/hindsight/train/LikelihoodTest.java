package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import java.util.List;
import org.junit.jupiter.api.Test;

class LikelihoodTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final Dataset DIGITS = Datasets.open("mnist10k", Split.TEST).first(5);

  private static Batches one(int image) {
    Dataset until = DIGITS.first(image + 1);
    return Batches.evaluation(until, 1, Binarize.STOCHASTIC, KEY);
  }

  /// Against the same, image by image.
  @Test
  void isTheMeanOverImagesAndBinarizationsAndSaysHowFarImagesDiffer() {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = MadeConfig.random(7, 1, KEY).create(backend, KEY)) {
      model.startFromMeans(DIGITS.pixelMeans(Binarize.THRESHOLD));
      Batches batches = Batches.evaluation(DIGITS, 2, Binarize.STOCHASTIC, KEY);
      Likelihood found = Likelihood.of(backend, model, batches, 3);
      double[] images = new double[5];
      double before = 0;
      for (int k = 0;
          k < 5;
          k++) { // the nats of the first k + 1 images, without those of the first k
        double sum = Likelihood.of(backend, model, one(k), 3).nats() * (k + 1);
        images[k] = sum - before;
        before = sum;
      }
      double mean = before / 5;
      double squares = 0;
      for (double x : images) {
        squares += (x - mean) * (x - mean);
      }
      assertThat(found.nats()).isCloseTo(mean, within(1e-3));
      assertThat(found.standardError()).isCloseTo(Math.sqrt(squares / 4 / 5), within(1e-3));
      assertThat(found.images()).isEqualTo(5);
      List<Double> each = found.binarizations();
      assertThat(each).hasSize(3).doesNotHaveDuplicates();
      assertThat((each.get(0) + each.get(1) + each.get(2)) / 3).isCloseTo(mean, within(1e-3));
      assertThat(each.getFirst()).isEqualTo(Likelihood.of(backend, model, batches).nats());
      assertThat(Likelihood.of(backend, model, one(0)).standardError()).isNaN();
    }
  }

  /// Of whatever seed a run is: it is the test that is fixed.
  @Test
  void aProtocolSaysWhatItIs() {
    assertThat(Protocol.of(Binarize.STOCHASTIC, 5000).describe())
        .isEqualTo("stochastic binarization, mean of 5; epoch chosen on 5,000 validation images");
    assertThat(new Protocol(Binarize.STOCHASTIC, 1, 0).describe())
        .isEqualTo("stochastic binarization; epoch chosen on test images");
    assertThatThrownBy(() -> new Protocol(Binarize.THRESHOLD, 2, 0))
        .isInstanceOf(UserException.class)
        .hasMessage("--binarizations 2: a threshold always gives the same pixels; leave it out");
  }
}
