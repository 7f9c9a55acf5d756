package dev.hindsight.train;

import static dev.hindsight.train.Published.Protocol.DYNAMIC;
import static dev.hindsight.train.Published.Protocol.STATIC;

import dev.hindsight.data.Dataset;
import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
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
/// Commands, checks and tests go through it.
///
/// NOTE: it is an enum and not a sealed interface because the models of a library's users are
/// models too, and because only within a module may a sealed type list classes of other packages.
@SuppressWarnings("ImmutableEnumChecker") // a map that nobody changes
public enum BuiltInModel {
  MADE(
      MadeConfig.class,
      List.of(
          new Published(84.87, "1 x 8000, pytorch-generative", DYNAMIC),
          new Published(88.04, "1 hidden layer, 32 masks, paper", STATIC),
          new Published(86.64, "2 hidden layers, 32 masks, paper", STATIC)),
      Preset.MADE_BASE,
      Preset.MADE_HOUR,
      Preset.MADE_BEST,
      Preset.MADE_REFERENCE,
      Preset.MADE_TINY),
  WAVENET(
      WaveNetConfig.class,
      List.of(), // nobody has, that we found
      Preset.WAVENET_BASE,
      Preset.WAVENET_HOUR,
      Preset.WAVENET_BEST,
      Preset.WAVENET_REFERENCE,
      Preset.WAVENET_TINY),
  PIXELCNN(
      PixelCnnConfig.class,
      List.of(
          new Published(81.45, "pytorch-generative", DYNAMIC),
          new Published(81.30, "paper", STATIC)),
      Preset.PIXELCNN_BASE,
      Preset.PIXELCNN_HOUR,
      Preset.PIXELCNN_BEST,
      Preset.PIXELCNN_REFERENCE,
      Preset.PIXELCNN_TINY),
  GATED_PIXELCNN(
      GatedPixelCnnConfig.class,
      List.of(new Published(81.50, "pytorch-generative", DYNAMIC)),
      Preset.GATED_PIXELCNN_BASE,
      Preset.GATED_PIXELCNN_HOUR,
      Preset.GATED_PIXELCNN_BEST,
      Preset.GATED_PIXELCNN_REFERENCE,
      Preset.GATED_PIXELCNN_TINY),
  TRANSFORMER(
      TransformerConfig.class,
      List.of(new Published(79.17, "8 blocks of 64, pytorch-generative", DYNAMIC)),
      Preset.TRANSFORMER_BASE,
      Preset.TRANSFORMER_HOUR,
      Preset.TRANSFORMER_BEST,
      Preset.TRANSFORMER_REFERENCE,
      Preset.TRANSFORMER_TINY),
  LSTM(
      LstmConfig.class,
      List.of(), // nobody has, that we found
      Preset.LSTM_BASE,
      Preset.LSTM_HOUR,
      Preset.LSTM_BEST,
      Preset.LSTM_REFERENCE,
      Preset.LSTM_TINY),
  PIXEL_RNN(
      PixelRnnConfig.class,
      List.of(
          new Published(80.75, "diagonal, 1 layer of 32, paper", STATIC),
          new Published(79.20, "diagonal, 7 layers of 16, paper", STATIC)),
      Preset.PIXEL_RNN_BASE,
      Preset.PIXEL_RNN_HOUR,
      Preset.PIXEL_RNN_BEST,
      Preset.PIXEL_RNN_REFERENCE,
      Preset.PIXEL_RNN_TINY);

  private final Class<? extends ModelConfig> config;
  private final List<Published> published;
  private final Preset base;
  private final Map<String, Preset> presets = new LinkedHashMap<>();
  private final Preset tiny;

  /// @param published what others reached with it on MNIST
  /// @param base a good result in minutes
  /// @param hour a better one in at most an hour on two quiet cores, with the full MNIST
  /// @param best the size of a published model, for a GPU
  /// @param reference the plain model at the size of the reference code, without any help
  /// @param tiny a size that checks and tests get through in seconds
  BuiltInModel(
      Class<? extends ModelConfig> config,
      List<Published> published,
      Preset base,
      Preset hour,
      Preset best,
      Preset reference,
      Preset tiny) {
    this.config = config;
    this.published = published;
    this.base = base;
    presets.put("base", base);
    presets.put("hour", hour);
    presets.put("best", best);
    presets.put("reference", reference);
    this.tiny = tiny;
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

  /// What others reached with it on MNIST.
  List<Published> published() {
    return published;
  }

  /// Of a size that checks and tests get through in seconds, for images of 28x28.
  public ModelConfig tiny() {
    return tiny(ImageShape.MNIST);
  }

  /// The same for images of this shape.
  public ModelConfig tiny(ImageShape shape) {
    return tiny(shape, Head.of(shape));
  }

  /// The same with another head.
  public ModelConfig tiny(ImageShape shape, Head head) {
    Dataset blank = new Dataset("blank", shape, new byte[shape.values()], null);
    return tiny.config(Sizes.none(), blank, head, 3);
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

  /// The names of its presets.
  public Set<String> presets() {
    return Collections.unmodifiableSet(presets.keySet());
  }

  /// The preset of a name, `base`, `hour`, `best` or `reference`; also `tiny`, for checks, which is
  /// not listed.
  ///
  /// @throws UserException when it is called otherwise
  public Preset preset(String name) {
    Preset preset = name.equals("tiny") ? tiny : presets.get(name);
    if (preset == null) {
      throw DidYouMean.unknown("preset", name, List.copyOf(presets.keySet()));
    }
    return preset;
  }
}
