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
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
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
        AutoregressiveModel model =
            MadeConfig.random(ImageShape.MNIST, 7, 1, KEY).create(backend, KEY)) {
      model.startFromMeans(DIGITS.pixelMeans(Binarize.THRESHOLD));
      Batches batches = Batches.evaluation(DIGITS, 2, Binarize.STOCHASTIC, KEY);
      Likelihood found = Likelihood.of(backend, model, batches, 3, 1);
      double[] images = new double[5];
      double before = 0;
      for (int k = 0;
          k < 5;
          k++) { // the nats of the first k + 1 images, without those of the first k
        double sum = Likelihood.of(backend, model, one(k), 3, 1).nats() * (k + 1);
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

  /// log p(x) = log(1/K Σ p_k(x)), by plain sums of the smallest likelihoods that a double holds.
  @Test
  void ofSeveralOrdersIsTheMeanOfTheLikelihoods() {
    float[][] nll = {{80, 91.5f, 700, 5}, {83, 90.25f, 60, 5}, {79.5f, 99, 700, 5}};
    float[] found = Likelihood.overOrders(3, order -> nll[order]);
    for (int image = 0; image < 4; image++) {
      double sum = 0;
      for (float[] each : nll) {
        sum += Math.exp(-each[image]);
      }
      assertThat((double) found[image]).isCloseTo(-Math.log(sum / 3), within(1e-5));
    }
    float[] far = Likelihood.overOrders(2, order -> new float[] {order == 0 ? 5000 : 5001});
    assertThat((double) far[0])
        .isCloseTo(5000 - Math.log((1 + Math.exp(-1)) / 2), within(1e-3)); // no likelihood is 0
    assertThat(Likelihood.overOrders(1, order -> new float[] {order})).containsExactly(0);
    assertThat(Likelihood.overOrders(0, order -> new float[] {order})).containsExactly(-1);
  }

  /// Of a model, by hand: each order by itself, and each batch in the next one.
  @Test
  void looksAtAModelInItsOrders() {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model =
            new SymmetricConfig(
                    MadeConfig.random(ImageShape.MNIST, 7, 1, KEY).with(new BernoulliHead(), 4), 4)
                .create(backend, KEY)) {
      Batches batches = Batches.evaluation(DIGITS, 2, Binarize.THRESHOLD, KEY);
      model.turnTo(model.order(2));
      float[][] nll = new float[3][];
      for (int order = 0; order < 3; order++) {
        nll[order] = Likelihood.nll(backend, model, batches, 0, order, 0, 3);
      }
      assertThat(nll[0]).isNotEqualTo(nll[1]);
      float[] inTurn = Likelihood.nll(backend, model, batches, 0, Likelihood.IN_TURN, 0, 3);
      assertThat(inTurn).containsExactly(nll[0][0], nll[0][1], nll[1][2], nll[1][3], nll[2][4]);
      assertThat(Likelihood.nll(backend, model, batches, 0, Likelihood.IN_TURN, 1, 3))
          .containsExactly(nll[1][2], nll[1][3], nll[2][4]);
      double mean = 0;
      for (float each : Likelihood.overOrders(3, order -> nll[order])) {
        mean += each / 5.0;
      }
      assertThat(Likelihood.of(backend, model, batches, 1, 3).nats()).isEqualTo(mean, within(1e-6));
      assertThat(model.order().index()).isEqualTo(2);
    }
  }

  /// Of whatever seed a run is: it is the test that is fixed.
  @Test
  void aProtocolSaysWhatItIs() {
    assertThat(new Protocol(2, Binarize.STOCHASTIC, 5, 5000, 0, 1).describe())
        .isEqualTo("stochastic binarization, mean of 5; epoch chosen on 5,000 validation images");
    assertThat(new Protocol(2, Binarize.STOCHASTIC, 1, 0, 0, 1).describe())
        .isEqualTo("stochastic binarization; epoch chosen on test images");
    assertThat(new Protocol(2, Binarize.THRESHOLD, 1, 0, 0, 8).describe())
        .isEqualTo("pixels by threshold; mean likelihood of 8 orders; epoch chosen on test images");
    assertThatThrownBy(() -> new Protocol(2, Binarize.THRESHOLD, 1, 0, 0, 4).withOrders(0))
        .isInstanceOf(UserException.class)
        .hasMessage("--orders must be at least 1 but is 0");
    assertThatThrownBy(() -> new Protocol(2, Binarize.THRESHOLD, 2, 0, 0, 1))
        .isInstanceOf(UserException.class)
        .hasMessage("--binarizations 2: a threshold always gives the same pixels; leave it out");
  }
}
