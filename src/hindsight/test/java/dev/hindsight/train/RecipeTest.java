package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.data.Binarize;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {
  @Test
  void describesWhatIsOnAndLeavesTheRestOut() {
    assertThat(
            Recipe.of(20, 64, 2e-3f)
                .withSchedule(Schedule.COOLDOWN)
                .withWeightDecay(0.5f)
                .withClipNorm(1)
                .startingFromMeans()
                .describe(ImageShape.MNIST))
        .isEqualTo(
            "20 epochs, batch 64, rate 0.002 (cooldown), weight decay 0.5, gradients clipped at norm"
                + " 1.0, output bias from pixel means, pixels by threshold");
    assertThat(Recipe.of(1, 8, 3e-4f).withBinarize(Binarize.STOCHASTIC).describe(ImageShape.MNIST))
        .isEqualTo("1 epoch, batch 8, rate 3.0E-4 (constant), pixels by stochastic");
    assertThat(
            plain(Schedule.COSINE)
                .withWarmUp(5)
                .withEma(0.5f)
                .withPatience(3)
                .withShear(0.1f)
                .withOptimizer(Optimizer.Kind.MUON)
                .withMuonFactor(3)
                .describe(ImageShape.MNIST))
        .isEqualTo(
            "9 epochs, batch 8, rate 1.0 (cosine after 5 steps of warm-up), muon at 3.0 times that"
                + " rate, average of weights with decay 0.5, stopped after 3 epochs without a better"
                + " one, images slanted by up to 0.1 pixels a row, pixels by threshold");
  }

  private static Recipe plain(Schedule schedule) {
    return Recipe.of(9, 8, 1).withSchedule(schedule);
  }

  @Test
  void theRateRisesLinearlyAndThenFollowsItsSchedule() {
    Recipe cosine = plain(Schedule.COSINE).withWarmUp(4);
    float[] rates = new float[14];
    for (int step = 0; step < 14; step++) {
      rates[step] = cosine.rate().at(step, 14);
    }
    assertThat(rates)
        .startsWith(0.25f, 0.5f, 0.75f, 1, 1)
        .satisfies(r -> assertThat(r[9]).isEqualTo(0.5f)) // half of the 10 steps behind the fourth
        .satisfies(r -> assertThat(r[13]).isBetween(0.02f, 0.03f)); // (1 + cos 0.9π) / 2
    assertThat(plain(Schedule.CONSTANT).withWarmUp(4).rate().at(2, 9)).isEqualTo(0.75f);
    assertThat(plain(Schedule.CONSTANT).withWarmUp(4).rate().at(7, 9)).isEqualTo(1);
    assertThat(plain(Schedule.COOLDOWN).rate().at(5, 10)).isEqualTo(1);
    assertThat(plain(Schedule.COOLDOWN).rate().at(9, 10)).isEqualTo(0.2f);
  }

  @Test
  void patienceCountsEpochsSinceTheBest() {
    Recipe recipe = plain(Schedule.CONSTANT).withPatience(3);
    assertThat(recipe.ends(4, 2)).isFalse();
    assertThat(recipe.ends(5, 2)).isTrue();
    assertThat(recipe.ends(9, 9)).isTrue();
    assertThat(plain(Schedule.CONSTANT).ends(8, 1)).isFalse();
  }

  /// One number of each kind on either side of its limit.
  @ParameterizedTest
  @CsvSource({
    "--epochs must be at least 1 but is, 0, 1",
    "--batch must be at least 1 but is, 0, 1",
    "--lr must be a number above 0 but is, 0.0, 1.4e-45",
    "--lr must be a number above 0 but is, Infinity, 3.4028235E38",
    "--muon-factor must be a number above 0 but is, 0.0, 1.4e-45",
    "--muon-factor must be a number above 0 but is, NaN, 3.4028235E38",
    "--weight-decay must be a number of at least 0 but is, -1.4E-45, 0",
    "--weight-decay must be a number of at least 0 but is, Infinity, 3.4028235E38",
    "--clip must be a number of at least 0 but is, -1.4E-45, 0",
    "--clip must be a number of at least 0 but is, NaN, 3.4028235E38",
    "--warm-up must be at least 0 but is, -1, 0",
    "--ema must be at least 0 and below 1 but is, -1.4E-45, 0",
    "--ema must be at least 0 and below 1 but is, 1.0, 0.99999994",
    "--patience must be at least 0 but is, -1, 0",
    "--shear must be from 0 to 1 but is, -1.4E-45, 0",
    "--shear must be from 0 to 1 but is, 1.0000001, 1",
    "--shear must be from 0 to 1 but is, NaN, 0",
  })
  void numbersBeyondTheirLimitsAreRefused(String said, String beyond, String within) {
    String option = said.substring(0, said.indexOf(' '));
    assertThatThrownBy(() -> with(option, beyond))
        .isInstanceOf(UserException.class)
        .hasMessage(said + " " + beyond);
    assertThat(with(option, within).describe(ImageShape.MNIST)).isNotEmpty();
  }

  private static Recipe with(String option, String value) {
    Map<String, Float> numbers = Map.of(option, Float.valueOf(value));
    return Recipe.of(
            numbers.getOrDefault("--epochs", 9f).intValue(),
            numbers.getOrDefault("--batch", 8f).intValue(),
            numbers.getOrDefault("--lr", 1f))
        .withMuonFactor(numbers.getOrDefault("--muon-factor", 1f))
        .withWeightDecay(numbers.getOrDefault("--weight-decay", 0f))
        .withClipNorm(numbers.getOrDefault("--clip", 0f))
        .withWarmUp(numbers.getOrDefault("--warm-up", 0f).intValue())
        .withEma(numbers.getOrDefault("--ema", 0f))
        .withPatience(numbers.getOrDefault("--patience", 0f).intValue())
        .withShear(numbers.getOrDefault("--shear", 0f));
  }
}
