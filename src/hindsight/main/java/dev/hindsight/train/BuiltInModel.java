package dev.hindsight.train;

import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.UserException;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import java.util.Arrays;
import java.util.List;

/// The models that Hindsight brings, in the order in which people see them: the one list of them.
/// Commands, checks and tests go through it or switch over it, so the compiler says what a new line
/// lacks.
///
/// NOTE: it is an enum and not a sealed interface because the models of a library's users are
/// models too, and because only within a module may a sealed type list classes of other packages.
public enum BuiltInModel {
  MADE(MadeConfig.class, Preset.MADE_BASE, Preset.MADE_SEED),
  WAVENET(WaveNetConfig.class, Preset.WAVENET_BASE, Preset.WAVENET_SEED),
  PIXELCNN(PixelCnnConfig.class, Preset.PIXELCNN_BASE, Preset.PIXELCNN_SEED),
  GATED_PIXELCNN(GatedPixelCnnConfig.class, Preset.GATED_PIXELCNN_BASE, Preset.GATED_PIXELCNN_SEED),
  TRANSFORMER(TransformerConfig.class, Preset.TRANSFORMER_BASE, Preset.TRANSFORMER_SEED),
  LSTM(LstmConfig.class, Preset.LSTM_BASE, Preset.LSTM_SEED);

  private final Class<? extends ModelConfig> config;
  private final Preset base;
  private final Preset seed;

  /// @param base tuned for a good result in minutes
  /// @param seed the plain model at the size of the reference code, without any help
  BuiltInModel(Class<? extends ModelConfig> config, Preset base, Preset seed) {
    this.config = config;
    this.base = base;
    this.seed = seed;
  }

  /// As on the command line: `made`.
  public String label() {
    return base.model();
  }

  /// The type of its config.
  Class<? extends ModelConfig> config() {
    return config;
  }

  /// The labels of all.
  public static List<String> labels() {
    return Arrays.stream(values()).map(BuiltInModel::label).toList();
  }

  /// The model of this label.
  ///
  /// @throws UserException when there is none
  public static BuiltInModel labelled(String label) {
    return Arrays.stream(values())
        .filter(model -> model.label().equals(label))
        .findFirst()
        .orElseThrow(() -> DidYouMean.unknown("model", label, labels()));
  }

  /// All that have this size.
  public static List<BuiltInModel> having(Size size) {
    return Arrays.stream(values())
        .filter(model -> model.base.sizes().named().contains(size))
        .toList();
  }

  /// The preset `base` or `seed`.
  ///
  /// @throws UserException when it is called otherwise
  public Preset preset(String name) {
    return switch (name) {
      case "base" -> base;
      case "seed" -> seed;
      default -> throw DidYouMean.unknown("preset", name, List.of("base", "seed"));
    };
  }
}
