package dev.hindsight.train;

import dev.hindsight.data.Binarize;
import dev.hindsight.error.UserException;

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
    require(rate > 0 && Float.isFinite(rate), "--lr must be a number above 0 but is " + rate);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new UserException(message);
    }
  }
}
