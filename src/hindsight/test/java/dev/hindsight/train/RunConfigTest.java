package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.data.Binarize;
import dev.hindsight.model.LstmConfig;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.PixelCnnConfig;
import org.junit.jupiter.api.Test;

class RunConfigTest {
  private static final ModelConfig LSTM = new LstmConfig(8, 1);

  private static Recipe recipe(int epochs, Schedule schedule) {
    return new Recipe(epochs, 32, 1e-3f, schedule, 0, 1, true, Binarize.THRESHOLD);
  }

  private static RunConfig config(
      ModelConfig model, String preset, int epochs, String sha256, long seed, String precision) {
    return new RunConfig(
        "1",
        model,
        preset,
        recipe(epochs, Schedule.COOLDOWN),
        "mnist",
        sha256,
        seed,
        "cpu",
        precision);
  }

  @Test
  void saysInWhatAnotherRunDiffers() {
    RunConfig one = config(LSTM, "base", 4, "a", 0, "fp32");
    assertThat(one.difference(one)).isNull();
    assertThat(one.difference(config(new PixelCnnConfig(8, 1, 3), "base", 4, "a", 0, "fp32")))
        .isEqualTo("is a run of lstm, not of pixelcnn");
    assertThat(one.difference(config(new LstmConfig(9, 1), "base", 4, "a", 0, "fp32")))
        .isEqualTo("is a lstm of another size");
    assertThat(one.difference(config(LSTM, "seed", 4, "a", 0, "fp32")))
        .isEqualTo("was trained with --preset base, not seed");
    assertThat(one.difference(config(LSTM, "base", 4, "b", 0, "fp32")))
        .isEqualTo("was trained on other images of 'mnist'");
    assertThat(one.difference(config(LSTM, "base", 4, "a", 7, "fp32")))
        .isEqualTo("was trained with --seed 0, not 7");
    assertThat(one.difference(config(LSTM, "base", 4, "a", 0, "tf32")))
        .isEqualTo("was trained with --precision fp32, not tf32");
    assertThat(one.difference(config(LSTM, "base", 5, "a", 0, "fp32")))
        .startsWith("was trained with 4 epochs, batch 32, ")
        .contains(", not with 5 epochs, ");
  }

  /// A cooldown ends with the last epoch, a constant rate knows of no last one.
  @Test
  void moreEpochsAtAConstantRateAreTheSameRun() {
    RunConfig shorter = config(LSTM, "base", 4, "a", 0, "fp32");
    shorter = shorter.withRecipe(recipe(4, Schedule.CONSTANT));
    RunConfig longer = shorter.withRecipe(recipe(6, Schedule.CONSTANT));
    assertThat(shorter.difference(longer)).isNull();
    assertThat(longer.difference(shorter)).startsWith("was trained with 6 epochs");
  }
}
