package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.data.Binarize;
import org.junit.jupiter.api.Test;

class RecipeTest {
  @Test
  void describesWhatIsOnAndLeavesTheRestOut() {
    assertThat(
            new Recipe(20, 64, 2e-3f, Schedule.COOLDOWN, 0.5f, 1, true, Binarize.THRESHOLD)
                .describe())
        .isEqualTo(
            "20 epochs, batch 64, rate 0.002 (cooldown), weight decay 0.5, gradients clipped at norm"
                + " 1.0, output bias from pixel means, pixels by threshold");
    assertThat(
            new Recipe(1, 8, 3e-4f, Schedule.CONSTANT, 0, 0, false, Binarize.STOCHASTIC).describe())
        .isEqualTo("1 epoch, batch 8, rate 3.0E-4 (constant), pixels by stochastic");
  }
}
