package dev.hindsight.train;

import dev.hindsight.data.Binarize;
import dev.hindsight.error.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How a model is trained.
///
/// @param rate peak learning rate
/// @param weightDecay decoupled, on matrices only
/// @param clipNorm largest global norm of a gradient; 0 = any
/// @param startFromMeans whether the output bias starts at the log-odds of each pixel
public record Recipe(
    int epochs,
    int batch,
    float rate,
    Schedule schedule,
    float weightDecay,
    float clipNorm,
    boolean startFromMeans,
    Binarize binarize) {

  public Recipe {
    require(epochs >= 1, "--epochs must be at least 1 but is " + epochs);
    require(batch >= 1, "--batch must be at least 1 but is " + batch);
    require(
        clipNorm >= 0 && Float.isFinite(clipNorm),
        "--clip must be a number of at least 0 but is " + clipNorm);
    require(rate > 0 && Float.isFinite(rate), "--lr must be a number above 0 but is " + rate);
  }

  Recipe withEpochs(int count) {
    return new Recipe(
        count, batch, rate, schedule, weightDecay, clipNorm, startFromMeans, binarize);
  }

  /// One line for people: `20 epochs, batch 64, rate 0.002 (cooldown), weight decay 0.5, output
  /// bias from pixel means, pixels by threshold`. What is off is left out.
  public String describe() {
    List<String> parts = new ArrayList<>();
    parts.add(epochs + (epochs == 1 ? " epoch" : " epochs"));
    parts.add("batch " + batch);
    parts.add("rate %s (%s)".formatted(rate, word(schedule)));
    if (weightDecay > 0) {
      parts.add("weight decay " + weightDecay);
    }
    if (clipNorm > 0) {
      parts.add("gradients clipped at norm " + clipNorm);
    }
    if (startFromMeans) {
      parts.add("output bias from pixel means");
    }
    parts.add("pixels by " + word(binarize));
    return String.join(", ", parts);
  }

  private static String word(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new UserException(message);
    }
  }
}
