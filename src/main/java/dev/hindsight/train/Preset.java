package dev.hindsight.train;

import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.UserException;
import dev.hindsight.model.MadeConfig;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;

/// A model's size and recipe under one name: `base` is tuned for a good result in minutes, `seed`
/// is the plain model at the size of the reference code, without any help.
public record Preset(ModelConfig model, Recipe recipe) {

  /// The preset of a model.
  ///
  /// @param data what it will be trained on; its pixel means place MADE's hidden units
  public static Preset of(String model, String preset, Dataset data, long seed) {
    return switch (model) {
      case "made" -> made(preset, data, seed);
      default ->
          throw new UserException("no model is called '%s'; there is: made".formatted(model));
    };
  }

  private static Preset made(String preset, Dataset data, long seed) {
    RandomKey key = RandomKey.of(seed).fold("degrees");
    Binarize threshold = Binarize.THRESHOLD;
    return switch (preset) {
      case "seed" ->
          new Preset(
              MadeConfig.random(1024, 3, key),
              new Recipe(20, 64, 3e-4f, Schedule.CONSTANT, 0, 0, false, threshold));
      case "base" ->
          new Preset(
              MadeConfig.spreadByInformation(1024, 3, data.pixelMeans(threshold)),
              new Recipe(20, 64, 2e-3f, Schedule.COOLDOWN, 0.5f, 0, true, threshold));
      default ->
          throw new UserException(
              "no preset is called '%s'; there are: base, seed".formatted(preset));
    };
  }
}
