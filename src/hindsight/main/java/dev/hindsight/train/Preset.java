package dev.hindsight.train;

import static dev.hindsight.data.Binarize.STOCHASTIC;
import static dev.hindsight.data.Binarize.THRESHOLD;
import static dev.hindsight.train.Schedule.COOLDOWN;
import static dev.hindsight.train.Schedule.COSINE;
import static dev.hindsight.train.Size.BLOCKS;
import static dev.hindsight.train.Size.DILATION_CYCLE;
import static dev.hindsight.train.Size.DROPOUT;
import static dev.hindsight.train.Size.FILTERS;
import static dev.hindsight.train.Size.HEADS;
import static dev.hindsight.train.Size.HIDDEN;
import static dev.hindsight.train.Size.KERNEL;
import static dev.hindsight.train.Size.LAYERS;
import static dev.hindsight.train.Size.ORDERS;
import static dev.hindsight.train.Size.POSITIONS;
import static dev.hindsight.train.Size.RESIDUAL_BLOCKS;
import static dev.hindsight.train.Size.RESIDUAL_CHANNELS;
import static dev.hindsight.train.Size.SKIP;
import static dev.hindsight.train.Size.WIDTH;

import dev.hindsight.data.Dataset;
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
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import java.util.stream.Collectors;

/// A model's name, sizes and recipe. `base` is tuned for a good result in minutes; `hour` takes at
/// most an hour on two quiet cores with MNIST's 60,000 images, by the images a second that each
/// trains at (bench/RESULTS.md); `best` has the size of a published model and is for a GPU;
/// `reference` is the plain model at the size of the reference code, without any help; checks and
/// tests get through `tiny` in seconds.
@SuppressWarnings("ImmutableEnumChecker") // sizes and lambdas that nobody changes
public enum Preset {
  MADE_BASE(
      MadeConfig.NAME,
      Sizes.of(HIDDEN, 1024).with(LAYERS, 3).with(ORDERS, 1),
      (z, data, head, seed) ->
          made(z, data.shape(), data.pixelMeans(THRESHOLD), seed).withHead(head),
      Recipe.of(20, 64, 2e-3f).withSchedule(COOLDOWN).withWeightDecay(0.5f).startingFromMeans()),
  /// One hidden layer of 8,000, as pytorch-generative's.
  MADE_HOUR(
      MadeConfig.NAME,
      Sizes.of(HIDDEN, 8000).with(LAYERS, 1).with(ORDERS, 1),
      (z, data, head, seed) ->
          made(z, data.shape(), data.pixelMeans(STOCHASTIC), seed).withHead(head),
      budget(150, 128, 1e-3f, 0.05f, 0)),
  MADE_BEST(
      MadeConfig.NAME,
      Sizes.of(HIDDEN, 8000).with(LAYERS, 2).with(ORDERS, 1),
      (z, data, head, seed) ->
          made(z, data.shape(), data.pixelMeans(STOCHASTIC), seed).withHead(head),
      budget(300, 128, 1e-3f, 0.05f, 0)),
  MADE_REFERENCE(
      MadeConfig.NAME,
      Sizes.of(HIDDEN, 1024).with(LAYERS, 3).with(ORDERS, 1),
      Preset::randomMade,
      Recipe.of(20, 64, 3e-4f)),
  MADE_TINY(
      MadeConfig.NAME,
      Sizes.of(HIDDEN, 16).with(LAYERS, 2).with(ORDERS, 1),
      Preset::randomMade,
      Recipe.of(1, 4, 1e-2f)),

  WAVENET_BASE(
      WaveNetConfig.NAME,
      Sizes.of(RESIDUAL_CHANNELS, 32).with(BLOCKS, 9).with(DILATION_CYCLE, 9),
      Preset::waveNet,
      Recipe.of(6, 32, 3e-3f).withSchedule(COOLDOWN).withClipNorm(1).startingFromMeans()),
  WAVENET_HOUR(
      WaveNetConfig.NAME,
      Sizes.of(RESIDUAL_CHANNELS, 32).with(BLOCKS, 18).with(DILATION_CYCLE, 9),
      Preset::waveNet,
      budget(17, 32, 2e-3f, 0.01f, 1)),
  WAVENET_BEST(
      WaveNetConfig.NAME,
      Sizes.of(RESIDUAL_CHANNELS, 128).with(BLOCKS, 18).with(DILATION_CYCLE, 9),
      Preset::waveNet,
      budget(200, 64, 1e-3f, 0.01f, 1)),
  WAVENET_REFERENCE(
      WaveNetConfig.NAME,
      Sizes.of(RESIDUAL_CHANNELS, 320).with(BLOCKS, 9).with(DILATION_CYCLE, 9),
      Preset::waveNet,
      Recipe.of(20, 64, 3e-4f)),
  WAVENET_TINY(
      WaveNetConfig.NAME,
      Sizes.of(RESIDUAL_CHANNELS, 3).with(BLOCKS, 2).with(DILATION_CYCLE, 2),
      Preset::waveNet,
      Recipe.of(1, 4, 1e-2f)),

  PIXELCNN_BASE(
      PixelCnnConfig.NAME,
      Sizes.of(FILTERS, 32)
          .with(LAYERS, 5)
          .with(KERNEL, 7)
          .with(RESIDUAL_BLOCKS, 0)
          .with(POSITIONS, false),
      Preset::pixelCnn,
      Recipe.of(5, 32, 1e-3f).withSchedule(COOLDOWN).startingFromMeans()),
  PIXELCNN_HOUR(
      PixelCnnConfig.NAME,
      Sizes.of(FILTERS, 32)
          .with(LAYERS, 5)
          .with(KERNEL, 9)
          .with(RESIDUAL_BLOCKS, 0)
          .with(POSITIONS, true),
      Preset::pixelCnn,
      budget(11, 16, 3e-3f, 0.01f, 1)),
  PIXELCNN_BEST(
      PixelCnnConfig.NAME,
      Sizes.of(FILTERS, 256)
          .with(LAYERS, 0)
          .with(KERNEL, 7)
          .with(RESIDUAL_BLOCKS, 15)
          .with(POSITIONS, false),
      Preset::pixelCnn,
      budget(200, 64, 5e-4f, 0.01f, 1)),
  PIXELCNN_REFERENCE(
      PixelCnnConfig.NAME,
      Sizes.of(FILTERS, 128)
          .with(LAYERS, 5)
          .with(KERNEL, 7)
          .with(RESIDUAL_BLOCKS, 0)
          .with(POSITIONS, false),
      Preset::pixelCnn,
      Recipe.of(20, 64, 1e-4f)),
  PIXELCNN_TINY(
      PixelCnnConfig.NAME,
      Sizes.of(FILTERS, 4)
          .with(LAYERS, 1)
          .with(KERNEL, 3)
          .with(RESIDUAL_BLOCKS, 0)
          .with(POSITIONS, false),
      Preset::pixelCnn,
      Recipe.of(1, 4, 1e-2f)),

  GATED_PIXELCNN_BASE(
      GatedPixelCnnConfig.NAME,
      Sizes.of(FILTERS, 24)
          .with(LAYERS, 3)
          .with(KERNEL, 7)
          .with(SKIP, false)
          .with(POSITIONS, false),
      Preset::gatedPixelCnn,
      Recipe.of(5, 32, 1e-3f).withSchedule(COOLDOWN).startingFromMeans()),
  GATED_PIXELCNN_HOUR(
      GatedPixelCnnConfig.NAME,
      Sizes.of(FILTERS, 24).with(LAYERS, 3).with(KERNEL, 9).with(SKIP, true).with(POSITIONS, true),
      Preset::gatedPixelCnn,
      budget(8, 16, 3e-3f, 0.01f, 1)),
  GATED_PIXELCNN_BEST(
      GatedPixelCnnConfig.NAME,
      Sizes.of(FILTERS, 128)
          .with(LAYERS, 10)
          .with(KERNEL, 7)
          .with(SKIP, true)
          .with(POSITIONS, false),
      Preset::gatedPixelCnn,
      budget(200, 64, 5e-4f, 0.01f, 1)),
  GATED_PIXELCNN_REFERENCE(
      GatedPixelCnnConfig.NAME,
      Sizes.of(FILTERS, 96)
          .with(LAYERS, 3)
          .with(KERNEL, 7)
          .with(SKIP, false)
          .with(POSITIONS, false),
      Preset::gatedPixelCnn,
      Recipe.of(20, 64, 3e-4f)),
  GATED_PIXELCNN_TINY(
      GatedPixelCnnConfig.NAME,
      Sizes.of(FILTERS, 5).with(LAYERS, 1).with(KERNEL, 3).with(SKIP, false).with(POSITIONS, false),
      Preset::gatedPixelCnn,
      Recipe.of(1, 4, 1e-2f)),

  TRANSFORMER_BASE(
      TransformerConfig.NAME,
      Sizes.of(WIDTH, 64).with(LAYERS, 2).with(HEADS, 4).with(DROPOUT, 0f),
      Preset::transformer,
      Recipe.of(6, 32, 1e-3f).withSchedule(COOLDOWN).withClipNorm(1).startingFromMeans()),
  TRANSFORMER_HOUR(
      TransformerConfig.NAME,
      Sizes.of(WIDTH, 64).with(LAYERS, 2).with(HEADS, 4).with(DROPOUT, 0f),
      Preset::transformer,
      budget(5, 16, 1e-3f, 0.01f, 1)),
  TRANSFORMER_BEST(
      TransformerConfig.NAME,
      Sizes.of(WIDTH, 64).with(LAYERS, 8).with(HEADS, 2).with(DROPOUT, 0f),
      Preset::transformer,
      budget(457, 64, 1e-3f, 0.01f, 1)),
  TRANSFORMER_REFERENCE(
      TransformerConfig.NAME,
      Sizes.of(WIDTH, 128).with(LAYERS, 2).with(HEADS, 4).with(DROPOUT, 0f),
      Preset::transformer,
      Recipe.of(20, 64, 1e-3f)),
  TRANSFORMER_TINY(
      TransformerConfig.NAME,
      Sizes.of(WIDTH, 6).with(LAYERS, 1).with(HEADS, 2).with(DROPOUT, 0f),
      Preset::transformer,
      Recipe.of(1, 4, 1e-2f)),

  LSTM_BASE(
      LstmConfig.NAME,
      Sizes.of(HIDDEN, 128).with(LAYERS, 1),
      Preset::lstm,
      Recipe.of(4, 32, 4e-3f).withSchedule(COOLDOWN).withClipNorm(1).startingFromMeans()),
  LSTM_HOUR(
      LstmConfig.NAME,
      Sizes.of(HIDDEN, 128).with(LAYERS, 1),
      Preset::lstm,
      budget(17, 32, 3e-3f, 0.01f, 1)),
  LSTM_BEST(
      LstmConfig.NAME,
      Sizes.of(HIDDEN, 1024).with(LAYERS, 2),
      Preset::lstm,
      budget(100, 64, 1e-3f, 0.01f, 1)),
  LSTM_REFERENCE(
      LstmConfig.NAME,
      Sizes.of(HIDDEN, 1024).with(LAYERS, 1),
      Preset::lstm,
      Recipe.of(20, 64, 3e-4f)),
  LSTM_TINY(
      LstmConfig.NAME, Sizes.of(HIDDEN, 5).with(LAYERS, 1), Preset::lstm, Recipe.of(1, 4, 1e-2f)),

  PIXEL_RNN_BASE(
      PixelRnnConfig.NAME,
      Sizes.of(HIDDEN, 16).with(LAYERS, 2).with(Size.LSTM, Kind.ROW),
      Preset::pixelRnn,
      Recipe.of(6, 32, 3e-3f).withSchedule(COOLDOWN).withClipNorm(1).startingFromMeans()),
  PIXEL_RNN_HOUR(
      PixelRnnConfig.NAME,
      Sizes.of(HIDDEN, 32).with(LAYERS, 3).with(Size.LSTM, Kind.DIAGONAL),
      Preset::pixelRnn,
      budget(7, 16, 2e-3f, 0.01f, 1)),
  /// Twelve layers of 128 units, as the paper's best on CIFAR-10.
  PIXEL_RNN_BEST(
      PixelRnnConfig.NAME,
      Sizes.of(HIDDEN, 128).with(LAYERS, 12).with(Size.LSTM, Kind.DIAGONAL),
      Preset::pixelRnn,
      budget(200, 64, 1e-3f, 0.01f, 1)),
  /// Seven layers of 16 units, as the paper's on MNIST, whose layers are diagonal (`--lstm
  /// diagonal`).
  PIXEL_RNN_REFERENCE(
      PixelRnnConfig.NAME,
      Sizes.of(HIDDEN, 16).with(LAYERS, 7).with(Size.LSTM, Kind.ROW),
      Preset::pixelRnn,
      Recipe.of(20, 64, 1e-3f)),
  PIXEL_RNN_TINY(
      PixelRnnConfig.NAME,
      Sizes.of(HIDDEN, 3).with(LAYERS, 1).with(Size.LSTM, Kind.ROW),
      Preset::pixelRnn,
      Recipe.of(1, 4, 1e-2f));

  private interface Build {
    ModelConfig config(Sizes z, Dataset data, Head head, long seed);
  }

  private final String model;
  private final Sizes sizes;
  private final Build build;
  private final Recipe recipe;

  Preset(String model, Sizes sizes, Build build, Recipe recipe) {
    this.model = model;
    this.sizes = sizes;
    this.build = build;
    this.recipe = recipe;
  }

  /// What the presets of a budget have in common: pixels drawn anew in each epoch, a short warm-up
  /// and half a cosine, and an average of the weights over about 2,000 steps.
  private static Recipe budget(int epochs, int batch, float rate, float weightDecay, float clip) {
    return Recipe.of(epochs, batch, rate)
        .withSchedule(COSINE)
        .withWeightDecay(weightDecay)
        .withClipNorm(clip)
        .startingFromMeans()
        .withBinarize(STOCHASTIC)
        .withWarmUp(500)
        .withEma(0.9995f)
        .withPatience(30);
  }

  /// Units are where the information is: known in raster order, anywhere in the mean over many.
  private static MadeConfig made(Sizes z, ImageShape shape, double[] pixelMeans, long seed) {
    int hidden = z.whole(HIDDEN);
    int layers = z.whole(LAYERS);
    return z.whole(ORDERS) == 1
        ? MadeConfig.spreadByInformation(shape, hidden, layers, pixelMeans)
        : MadeConfig.spreadEvenly(shape, hidden, layers).withOrders(z.whole(ORDERS), seed);
  }

  /// As in the paper.
  private static ModelConfig randomMade(Sizes z, Dataset data, Head head, long seed) {
    RandomKey key = RandomKey.of(seed).fold("degrees");
    return MadeConfig.random(data.shape(), z.whole(HIDDEN), z.whole(LAYERS), key)
        .withOrders(z.whole(ORDERS), seed)
        .withHead(head);
  }

  private static ModelConfig waveNet(Sizes z, Dataset data, Head head, long seed) {
    return new WaveNetConfig(
        data.shape(), head, z.whole(RESIDUAL_CHANNELS), z.whole(BLOCKS), z.whole(DILATION_CYCLE));
  }

  private static ModelConfig pixelCnn(Sizes z, Dataset data, Head head, long seed) {
    return new PixelCnnConfig(
        data.shape(),
        head,
        z.whole(FILTERS),
        z.whole(LAYERS),
        z.whole(KERNEL),
        z.whole(RESIDUAL_BLOCKS),
        z.flag(POSITIONS));
  }

  private static ModelConfig gatedPixelCnn(Sizes z, Dataset data, Head head, long seed) {
    return new GatedPixelCnnConfig(
        data.shape(),
        head,
        z.whole(FILTERS),
        z.whole(LAYERS),
        z.whole(KERNEL),
        z.flag(SKIP),
        z.flag(POSITIONS));
  }

  private static ModelConfig transformer(Sizes z, Dataset data, Head head, long seed) {
    return new TransformerConfig(
        data.shape(), head, z.whole(WIDTH), z.whole(LAYERS), z.whole(HEADS), z.fraction(DROPOUT));
  }

  private static ModelConfig lstm(Sizes z, Dataset data, Head head, long seed) {
    return new LstmConfig(data.shape(), head, z.whole(HIDDEN), z.whole(LAYERS));
  }

  private static ModelConfig pixelRnn(Sizes z, Dataset data, Head head, long seed) {
    return new PixelRnnConfig(
        data.shape(), head, z.whole(HIDDEN), z.whole(LAYERS), z.word(Size.LSTM, Kind.class));
  }

  /// The name of its model: `made`.
  public String model() {
    return model;
  }

  /// All sizes that its model has.
  public Sizes sizes() {
    return sizes;
  }

  public Recipe recipe() {
    return recipe;
  }

  /// The config of its model, with the usual head.
  public ModelConfig config(Sizes given, Dataset data, long seed) {
    return config(given, data, Head.of(data.shape()), seed);
  }

  /// The config of its model.
  ///
  /// @param given sizes that it is to have instead
  /// @param data what it will be trained on; its pixel means place MADE's hidden units
  /// @param head what the outputs mean
  /// @param seed decides MADE's degrees where they are drawn at random, and its orders
  /// @throws UserException when the model has no such size, or cannot have such a value
  public ModelConfig config(Sizes given, Dataset data, Head head, long seed) {
    requireKnown(given);
    return build.config(sizes.with(given), data, head, seed);
  }

  /// Fails where the model has no such size, before anybody has looked for data.
  public void requireKnown(Sizes given) {
    for (Size size : given.named()) {
      if (!sizes.named().contains(size)) {
        throw new UserException(
            "%s has no %s; its sizes are %s"
                .formatted(
                    model,
                    size.option(),
                    sizes.named().stream().map(Size::option).collect(Collectors.joining(", "))));
      }
    }
  }
}
