package dev.hindsight.train;

import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.UserException;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The models that Hindsight brings, in the order in which people see them: the one list of them.
/// Commands, checks and tests go through it or switch over it, so the compiler says what a new line
/// lacks.
///
/// NOTE: it is an enum and not a sealed interface because the models of a library's users are
/// models too, and because only within a module may a sealed type list classes of other packages.
@SuppressWarnings("ImmutableEnumChecker") // a map that nobody changes
public enum BuiltInModel {
  MADE(
      MadeConfig.class,
      Preset.MADE_BASE,
      Preset.MADE_HOUR,
      Preset.MADE_BEST,
      Preset.MADE_REFERENCE),
  WAVENET(
      WaveNetConfig.class,
      Preset.WAVENET_BASE,
      Preset.WAVENET_HOUR,
      Preset.WAVENET_BEST,
      Preset.WAVENET_REFERENCE),
  PIXELCNN(
      PixelCnnConfig.class,
      Preset.PIXELCNN_BASE,
      Preset.PIXELCNN_HOUR,
      Preset.PIXELCNN_BEST,
      Preset.PIXELCNN_REFERENCE),
  GATED_PIXELCNN(
      GatedPixelCnnConfig.class,
      Preset.GATED_PIXELCNN_BASE,
      Preset.GATED_PIXELCNN_HOUR,
      Preset.GATED_PIXELCNN_BEST,
      Preset.GATED_PIXELCNN_REFERENCE),
  TRANSFORMER(
      TransformerConfig.class,
      Preset.TRANSFORMER_BASE,
      Preset.TRANSFORMER_HOUR,
      Preset.TRANSFORMER_BEST,
      Preset.TRANSFORMER_REFERENCE),
  LSTM(
      LstmConfig.class,
      Preset.LSTM_BASE,
      Preset.LSTM_HOUR,
      Preset.LSTM_BEST,
      Preset.LSTM_REFERENCE),
  PIXEL_RNN(
      PixelRnnConfig.class,
      Preset.PIXEL_RNN_BASE,
      Preset.PIXEL_RNN_HOUR,
      Preset.PIXEL_RNN_BEST,
      Preset.PIXEL_RNN_REFERENCE);

  private final Class<? extends ModelConfig> config;
  private final Preset base;
  private final Map<String, Preset> presets = new LinkedHashMap<>();

  /// @param base a good result in minutes
  /// @param hour a better one in at most an hour on two quiet cores, with the full MNIST
  /// @param best the size of a published model, for a GPU
  /// @param reference the plain model at the size of the reference code, without any help
  BuiltInModel(
      Class<? extends ModelConfig> config,
      Preset base,
      Preset hour,
      Preset best,
      Preset reference) {
    this.config = config;
    this.base = base;
    presets.put("base", base);
    presets.put("hour", hour);
    presets.put("best", best);
    presets.put("reference", reference);
  }

  /// As on the command line: `made`.
  public String label() {
    return base.model();
  }

  /// The type of its config.
  Class<? extends ModelConfig> config() {
    return config;
  }

  /// Whether this is the config of one of them.
  static boolean includes(ModelConfig config) {
    return Arrays.stream(values()).anyMatch(model -> model.config.isInstance(config));
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

  /// What its presets are called.
  public Set<String> presets() {
    return Collections.unmodifiableSet(presets.keySet());
  }

  /// The preset `base`, `hour`, `best` or `reference`.
  ///
  /// @throws UserException when it is called otherwise
  public Preset preset(String name) {
    Preset preset = presets.get(name);
    if (preset == null) {
      throw DidYouMean.unknown("preset", name, List.copyOf(presets.keySet()));
    }
    return preset;
  }
}
