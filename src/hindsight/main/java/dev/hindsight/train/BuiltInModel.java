package dev.hindsight.train;

import static dev.hindsight.train.Published.Benchmark.CIFAR10;
import static dev.hindsight.train.Published.Benchmark.DYNAMIC_MNIST;
import static dev.hindsight.train.Published.Benchmark.GREY_MNIST;
import static dev.hindsight.train.Published.Benchmark.STATIC_MNIST;
import static dev.hindsight.train.Size.BLOCKS;
import static dev.hindsight.train.Size.DILATION_CYCLE;
import static dev.hindsight.train.Size.DROPOUT;
import static dev.hindsight.train.Size.FILTERS;
import static dev.hindsight.train.Size.HEADS;
import static dev.hindsight.train.Size.HIDDEN;
import static dev.hindsight.train.Size.KERNEL;
import static dev.hindsight.train.Size.LAYERS;
import static dev.hindsight.train.Size.POSITIONS;
import static dev.hindsight.train.Size.RESIDUAL_BLOCKS;
import static dev.hindsight.train.Size.RESIDUAL_CHANNELS;
import static dev.hindsight.train.Size.SKIP;
import static dev.hindsight.train.Size.WIDTH;

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
import dev.hindsight.model.pixelsnail.PixelSnailConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Preset.Line;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.jsontype.NamedType;

/// The models that Hindsight brings, in the order in which people see them, with their sizes and
/// presets: the one list of them. Commands, checks and tests go through it.
///
/// Each preset is a line: a recipe, then the model's sizes. `base` is tuned for a good result in
/// minutes; `hour` takes at most an hour on two quiet cores with MNIST's 60,000 images, by the
/// images a second that each trains at (bench/RESULTS.md), both also for other images
/// ([TimeBudget]), and their first size is the width that gives way; `best` has the size of a
/// published model and is for a GPU; `reference` is the plain model at the size of the reference
/// code, without any help; checks and tests get through `tiny` in seconds.
///
/// NOTE: it is an enum and not a sealed interface because the models of a library's users are
/// models too, and because only within a module may a sealed type list classes of other packages.
@SuppressWarnings("ImmutableEnumChecker") // maps and lambdas that nobody changes
public enum BuiltInModel {
  /// `hour` has one hidden layer of 8,000, as pytorch-generative's.
  MADE(
      MadeConfig.NAME,
      MadeConfig.class,
      List.of(HIDDEN, LAYERS),
      List.of(
          Line.base(Recipe.of(20, 64, 2e-3f).withWeightDecay(0.5f), 1024, 3),
          Line.hour(Recipe.ofBudget(150, 128, 1e-3f, 0.05f, 0), 8000, 1),
          Line.best(Recipe.ofBudget(300, 128, 1e-3f, 0.05f, 0), 8000, 2),
          Line.reference(3e-4f, 1024, 3),
          Line.tiny(16, 2)),
      new Published(DYNAMIC_MNIST, 84.87, "1 x 8000, pytorch-generative"),
      new Published(STATIC_MNIST, 88.04, "1 hidden layer, 32 masks, paper"),
      new Published(STATIC_MNIST, 86.64, "2 hidden layers, 32 masks, paper")),
  WAVENET( // nobody has published one, that we found
      WaveNetConfig.NAME,
      WaveNetConfig.class,
      List.of(RESIDUAL_CHANNELS, BLOCKS, DILATION_CYCLE),
      List.of(
          Line.base(Recipe.byMuon(6, 32, 1e-3f), 32, 9, 9),
          Line.hour(
              Recipe.ofBudget(5, 32, 7.5e-4f, 0.1f, 1).withOptimizer(Optimizer.Kind.MUON),
              64,
              18,
              9),
          Line.best(Recipe.ofBudget(200, 64, 1e-3f, 0.01f, 1), 128, 18, 9),
          Line.reference(3e-4f, 320, 9, 9),
          Line.tiny(3, 2, 2))),
  PIXELCNN(
      PixelCnnConfig.NAME,
      PixelCnnConfig.class,
      List.of(FILTERS, LAYERS, KERNEL, RESIDUAL_BLOCKS, POSITIONS),
      List.of(
          Line.base(Recipe.byMuon(5, 32, 1e-3f), 32, 5, 7, 0, false),
          Line.hour(Recipe.ofBudget(11, 16, 3e-3f, 0.01f, 1), 32, 5, 9, 0, true),
          Line.best(Recipe.ofBudget(200, 64, 5e-4f, 0.01f, 1), 256, 0, 7, 15, false),
          Line.reference(1e-4f, 128, 5, 7, 0, false),
          Line.tiny(4, 1, 3, 0, false)),
      new Published(DYNAMIC_MNIST, 81.45, "pytorch-generative"),
      new Published(STATIC_MNIST, 81.30, "paper"),
      new Published(CIFAR10, 3.14, "paper")),
  GATED_PIXELCNN(
      GatedPixelCnnConfig.NAME,
      GatedPixelCnnConfig.class,
      List.of(FILTERS, LAYERS, KERNEL, SKIP, POSITIONS),
      List.of(
          Line.base(Recipe.byMuon(5, 32, 1e-3f), 24, 3, 7, false, false),
          Line.hour(Recipe.ofBudget(8, 16, 3e-3f, 0.01f, 1), 24, 3, 9, true, true),
          Line.best(Recipe.ofBudget(200, 64, 5e-4f, 0.01f, 1), 128, 10, 7, true, false),
          Line.reference(3e-4f, 96, 3, 7, false, false),
          Line.tiny(5, 1, 3, false, false)),
      new Published(DYNAMIC_MNIST, 81.50, "pytorch-generative"),
      new Published(GREY_MNIST, 0.808, "852,160 parameters, at most 150 epochs, uvadlc"),
      new Published(CIFAR10, 3.03, "paper")),
  TRANSFORMER(
      TransformerConfig.NAME,
      TransformerConfig.class,
      List.of(WIDTH, LAYERS, HEADS, DROPOUT),
      List.of(
          Line.base(Recipe.byMuon(4, 32, 1e-3f), 64, 2, 2, 0f),
          Line.hour(
              Recipe.ofBudget(4, 16, 5e-4f, 0.1f, 1).withOptimizer(Optimizer.Kind.MUON),
              64,
              3,
              2,
              0f),
          Line.best(Recipe.ofBudget(457, 64, 1e-3f, 0.01f, 1), 64, 8, 2, 0f),
          Line.reference(1e-3f, 128, 2, 4, 0f),
          Line.tiny(6, 1, 2, 0f)),
      new Published(DYNAMIC_MNIST, 79.17, "8 blocks of 64, pytorch-generative"),
      new Published(CIFAR10, 2.80, "Sparse Transformer, 59 M parameters, 120 epochs")),
  PIXEL_SNAIL(
      PixelSnailConfig.NAME,
      PixelSnailConfig.class,
      List.of(FILTERS, BLOCKS, RESIDUAL_BLOCKS, KERNEL, HEADS),
      List.of(
          Line.base(Recipe.byMuon(5, 32, 1e-3f), 32, 1, 3, 5, 2),
          Line.hour(Recipe.ofBudget(8, 16, 3e-3f, 0.01f, 1), 32, 1, 4, 9, 2),
          Line.best(Recipe.ofBudget(200, 64, 1e-3f, 0.01f, 1), 128, 8, 2, 3, 4),
          Line.reference(1e-3f, 64, 2, 2, 3, 4),
          Line.tiny(6, 1, 1, 3, 2)),
      new Published(DYNAMIC_MNIST, 78.61, "pytorch-generative"),
      new Published(CIFAR10, 2.85, "12 blocks of 4 and attention of 256, paper")),
  LSTM( // nobody has published one, that we found
      LstmConfig.NAME,
      LstmConfig.class,
      List.of(HIDDEN, LAYERS),
      List.of(
          Line.base(Recipe.byMuon(4, 32, 1e-3f), 128, 1),
          Line.hour(Recipe.ofBudget(17, 32, 3e-3f, 0.01f, 1), 128, 1),
          Line.best(Recipe.ofBudget(100, 64, 1e-3f, 0.01f, 1), 1024, 2),
          Line.reference(3e-4f, 1024, 1),
          Line.tiny(5, 1))),
  /// `best` has twelve layers of 128 units, as the paper's best on CIFAR-10; `reference` seven of
  /// 16, as the paper's on MNIST, whose layers are diagonal (`--lstm diagonal`).
  PIXEL_RNN(
      PixelRnnConfig.NAME,
      PixelRnnConfig.class,
      List.of(HIDDEN, LAYERS, Size.LSTM),
      List.of(
          Line.base(Recipe.byMuon(6, 32, 1e-3f), 16, 2, Kind.ROW),
          Line.hour(Recipe.ofBudget(7, 16, 2e-3f, 0.01f, 1), 32, 3, Kind.DIAGONAL),
          Line.best(Recipe.ofBudget(200, 64, 1e-3f, 0.01f, 1), 128, 12, Kind.DIAGONAL),
          Line.reference(1e-3f, 16, 7, Kind.ROW),
          Line.tiny(3, 1, Kind.ROW)),
      new Published(STATIC_MNIST, 80.75, "diagonal, 1 layer of 32, paper"),
      new Published(STATIC_MNIST, 79.20, "diagonal, 7 layers of 16, paper"),
      new Published(CIFAR10, 3.00, "diagonal, paper"));

  private final String label;
  private final Class<? extends ModelConfig> config;
  private final List<Size> sizes;
  private final Map<String, Preset> presets = new LinkedHashMap<>();
  private final List<Published> published;

  /// @param published what others reached with it
  BuiltInModel(
      String label,
      Class<? extends ModelConfig> config,
      List<Size> sizes,
      List<Line> presets,
      Published... published) {
    this.label = label;
    this.config = config;
    this.sizes = sizes;
    presets.forEach(line -> this.presets.put(line.name(), Preset.of(this, line)));
    this.published = List.of(published);
  }

  /// Units are where the information is. Those of the plain model are drawn at random, as in the
  /// paper.
  private static ModelConfig made(
      Sizes z, Dataset data, Head head, int classes, long seed, Recipe recipe) {
    int hidden = z.whole(HIDDEN);
    int layers = z.whole(LAYERS);
    ImageShape shape = data.shape();
    MadeConfig made;
    if (!recipe.weights().startFromMeans()) {
      made = MadeConfig.random(shape, hidden, layers, RandomKey.of(seed).fold("degrees"));
    } else {
      double[] means = data.pixelMeans(recipe.pixels().binarize());
      made = MadeConfig.spreadByInformation(shape, hidden, layers, means);
    }
    return made.with(head, classes);
  }

  /// As on the command line: `made`.
  public String label() {
    return label;
  }

  /// What it can have in other sizes: its width first.
  List<Size> sizes() {
    return sizes;
  }

  /// A config of these sizes. But for MADE's, its components are the shape, the head, the classes,
  /// and then sizes by name.
  ModelConfig config(Sizes z, Dataset data, Head head, int classes, long seed, Recipe recipe) {
    if (this == MADE) {
      return made(z, data, head, classes, seed, recipe);
    }
    RecordComponent[] components = config.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    List<Object> values = new ArrayList<>(List.of(data.shape(), head, classes));
    Arrays.stream(components)
        .skip(values.size())
        .forEach(component -> values.add(z.value(Size.of(component.getName()))));
    try {
      return config.getDeclaredConstructor(types).newInstance(values.toArray());
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof UserException mistake) {
        throw mistake;
      }
      throw new IllegalStateException(label, e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(label, e);
    }
  }

  /// The types of configs that a run can have, by the names that its `config.json` gives them.
  static NamedType[] configs() {
    return Stream.concat(
            Stream.of(new NamedType(SymmetricConfig.class, SymmetricConfig.NAME)),
            Arrays.stream(values()).map(model -> new NamedType(model.config, model.label)))
        .toArray(NamedType[]::new);
  }

  /// Whether this is the config of one of them.
  static boolean includes(ModelConfig config) {
    ModelConfig inner = config instanceof SymmetricConfig of ? of.model() : config;
    return Arrays.stream(values()).anyMatch(model -> model.config.isInstance(inner));
  }

  List<Published> published() {
    return published;
  }

  /// Of a size that checks and tests get through in seconds, for images of 28x28.
  public ModelConfig tiny() {
    return tiny(ImageShape.MNIST);
  }

  /// The same for images of this shape.
  public ModelConfig tiny(ImageShape shape) {
    return tiny(shape, Head.of(shape), 0);
  }

  /// The same with another head, conditioned on so many classes.
  public ModelConfig tiny(ImageShape shape, Head head, int classes) {
    Dataset blank = new Dataset("blank", shape, new byte[shape.values()], null);
    return preset(Preset.TINY).config(Sizes.none(), blank, head, classes, 3);
  }

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

  public static List<BuiltInModel> having(Size size) {
    return Arrays.stream(values()).filter(model -> model.sizes.contains(size)).toList();
  }

  /// Fails where the model has no such size, before anybody has looked for data.
  public void requireKnown(Sizes given) {
    for (Size size : given.named()) {
      if (!sizes.contains(size)) {
        throw new UserException(
            "%s has no %s; its sizes are %s"
                .formatted(
                    label,
                    size.option(),
                    sizes.stream().map(Size::option).collect(Collectors.joining(", "))));
      }
    }
  }

  /// The names of its presets, but for `tiny`, which is for checks.
  public Set<String> presets() {
    return presets.keySet().stream()
        .filter(name -> !name.equals(Preset.TINY))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /// The preset of a name; also `tiny`, which is not listed.
  ///
  /// @throws UserException when it is called otherwise
  public Preset preset(String name) {
    Preset preset = presets.get(name);
    if (preset == null) {
      throw DidYouMean.unknown("preset", name, List.copyOf(presets()));
    }
    return preset;
  }
}
