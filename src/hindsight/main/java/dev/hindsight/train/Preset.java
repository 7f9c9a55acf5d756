package dev.hindsight.train;

import static dev.hindsight.data.Binarize.THRESHOLD;

import dev.hindsight.data.Dataset;
import dev.hindsight.error.DidYouMean;
import dev.hindsight.model.GatedPixelCnnConfig;
import dev.hindsight.model.LstmConfig;
import dev.hindsight.model.MadeConfig;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.PixelCnnConfig;
import dev.hindsight.model.TransformerConfig;
import dev.hindsight.model.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import java.util.List;

/// A model's size and recipe under one name: `base` is tuned for a good result in minutes, `seed`
/// is the plain model at the size of the reference code, without any help.
public record Preset(ModelConfig model, Recipe recipe) {
  /// The models, as the command line knows them.
  public static final List<String> MODELS =
      List.of("made", "wavenet", "pixelcnn", "gated-pixelcnn", "transformer", "lstm");

  /// The preset of a model.
  ///
  /// @param sizes what the model's sizes are to be instead
  /// @param data what it will be trained on; its pixel means place MADE's hidden units
  public static Preset of(String model, String name, Sizes sizes, Dataset data, long seed) {
    boolean base =
        switch (name) {
          case "base" -> true;
          case "seed" -> false;
          default -> throw DidYouMean.unknown("preset", name, List.of("base", "seed"));
        };
    Preset preset =
        switch (model) {
          case "made" -> made(base, sizes, data, seed);
          case "wavenet" -> waveNet(base, sizes);
          case "pixelcnn" -> pixelCnn(base, sizes);
          case "gated-pixelcnn" -> gatedPixelCnn(base, sizes);
          case "transformer" -> transformer(base, sizes);
          case "lstm" -> lstm(base, sizes);
          default -> throw DidYouMean.unknown("model", model, MODELS);
        };
    sizes.requireAllTaken(model);
    return preset;
  }

  private static Preset made(boolean base, Sizes sizes, Dataset data, long seed) {
    int hidden = sizes.take("hidden", 1024);
    int layers = sizes.take("layers", 3);
    return base
        ? new Preset(
            MadeConfig.spreadByInformation(hidden, layers, data.pixelMeans(THRESHOLD)),
            new Recipe(20, 64, 2e-3f, Schedule.COOLDOWN, 0.5f, 0, true, THRESHOLD))
        : new Preset(
            MadeConfig.random(hidden, layers, RandomKey.of(seed).fold("degrees")),
            new Recipe(20, 64, 3e-4f, Schedule.CONSTANT, 0, 0, false, THRESHOLD));
  }

  private static Preset waveNet(boolean base, Sizes sizes) {
    int channels = sizes.take("residual-channels", base ? 32 : 320);
    int blocks = sizes.take("blocks", 9);
    int cycle = sizes.take("dilation-cycle", 9);
    return new Preset(
        new WaveNetConfig(channels, blocks, cycle),
        base
            ? new Recipe(6, 32, 3e-3f, Schedule.COOLDOWN, 0, 1, true, THRESHOLD)
            : new Recipe(20, 64, 3e-4f, Schedule.CONSTANT, 0, 0, false, THRESHOLD));
  }

  private static Preset pixelCnn(boolean base, Sizes sizes) {
    int filters = sizes.take("filters", base ? 32 : 128);
    return new Preset(
        new PixelCnnConfig(filters, sizes.take("layers", 5), sizes.take("kernel", 7)),
        base
            ? new Recipe(5, 32, 1e-3f, Schedule.COOLDOWN, 0, 0, true, THRESHOLD)
            : new Recipe(20, 64, 1e-4f, Schedule.CONSTANT, 0, 0, false, THRESHOLD));
  }

  private static Preset gatedPixelCnn(boolean base, Sizes sizes) {
    int filters = sizes.take("filters", base ? 24 : 96);
    return new Preset(
        new GatedPixelCnnConfig(filters, sizes.take("layers", 3), sizes.take("kernel", 7)),
        base
            ? new Recipe(5, 32, 1e-3f, Schedule.COOLDOWN, 0, 0, true, THRESHOLD)
            : new Recipe(20, 64, 3e-4f, Schedule.CONSTANT, 0, 0, false, THRESHOLD));
  }

  private static Preset transformer(boolean base, Sizes sizes) {
    TransformerConfig model =
        new TransformerConfig(
            sizes.take("width", base ? 64 : 128),
            sizes.take("layers", 2),
            sizes.take("heads", 4),
            sizes.take("dropout", 0f));
    return new Preset(
        model,
        base
            ? new Recipe(6, 32, 1e-3f, Schedule.COOLDOWN, 0, 1, true, THRESHOLD)
            : new Recipe(20, 64, 1e-3f, Schedule.CONSTANT, 0, 0, false, THRESHOLD));
  }

  private static Preset lstm(boolean base, Sizes sizes) {
    int hidden = sizes.take("hidden", base ? 128 : 1024);
    return new Preset(
        new LstmConfig(hidden, sizes.take("layers", 1)),
        base
            ? new Recipe(4, 32, 4e-3f, Schedule.COOLDOWN, 0, 1, true, THRESHOLD)
            : new Recipe(20, 64, 3e-4f, Schedule.CONSTANT, 0, 0, false, THRESHOLD));
  }
}
