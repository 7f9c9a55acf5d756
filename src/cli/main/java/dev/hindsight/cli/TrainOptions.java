package dev.hindsight.cli;

import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Holdout;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.Shards;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.train.Optimizer;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import dev.hindsight.train.Schedule;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Options of a training run; null where one was not given.
final class TrainOptions {
  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--levels",
      paramLabel = "N",
      description =
          "Levels of a value, 2, 4, 8 ... 256: 2 makes pixels binary (--binarize), more quantise them"
              + " evenly. Default: 2 for grey IDX files, else 256.")
  private @Nullable Integer levels;

  @Option(
      names = "--head",
      paramLabel = "NAME",
      description =
          "What the outputs mean: bernoulli (2 levels), categorical (a softmax over the levels) or "
              + "logistic-mixture[:K] (PixelCNN++'s, of K components, 10). Default: by the levels, "
              + "categorical up to 16.")
  private @Nullable String head;

  @Option(
      names = "--classes",
      description =
          "Condition the model on the class of each image: the labels or folders of the data, up to"
              + " 1,000 classes.")
  private boolean classes;

  @Option(
      names = "--class-dropout",
      paramLabel = "P",
      description =
          "With --classes: hide the class of each training image with probability P in each epoch,"
              + " so that the model also learns images of no class. Default: 0.")
  private @Nullable Float classDropout;

  @Option(
      names = "--symmetries",
      paramLabel = "N",
      description =
          "Train in 2, 4 or 8 raster orders, one a step in turn: the image's flips, and of 8 its"
              + " transpose. evaluate averages the likelihood over them, and complete takes an order"
              + " in which the given side comes first.")
  private @Nullable Integer symmetries;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description =
          "base (a good result in minutes), hour (a better one, at most an hour on "
              + "two idle cores), best (sizes of published models, for a GPU) or reference "
              + "(the plain model, without schedule or regularization). Default: base.")
  private @Nullable String preset;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Number of epochs. Default: the preset's.")
  private @Nullable Integer epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images per batch. Default: the preset's.")
  private @Nullable Integer batch;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Peak learning rate. Default: the preset's.")
  private @Nullable Float rate;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "constant, cooldown or cosine; the last two decay the learning rate to "
              + "zero. Default: the preset's.")
  private @Nullable Schedule schedule;

  @Option(
      names = "--warm-up",
      paramLabel = "STEPS",
      description = "Steps over which the learning rate rises to its peak. Default: the preset's.")
  private @Nullable Integer warmUp;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description =
          "adam, or muon for the matrices of layers and adam for all else (not for made, whose"
              + " matrices have masks). Default: the preset's.")
  private Optimizer.@Nullable Kind optimizer;

  @Option(
      names = "--muon-factor",
      paramLabel = "F",
      description =
          "Muon's learning rate and decay in units of adam's, --lr. Default: the preset's.")
  private @Nullable Float muonFactor;

  @Option(
      names = "--weight-decay",
      paramLabel = "W",
      description = "Decoupled weight decay, as in AdamW, of matrices only. Default: the preset's.")
  private @Nullable Float weightDecay;

  @Option(
      names = "--ema",
      paramLabel = "DECAY",
      description =
          "Decay of an exponential moving average of the weights, which is evaluated,"
              + " saved and drawn from; 0 = no average. Default: the preset's.")
  private @Nullable Float ema;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description = "Stop after N epochs without improvement; 0 = never. Default: the preset's.")
  private @Nullable Integer patience;

  @Option(
      names = "--shear",
      paramLabel = "S",
      description =
          "Augmentation: slants each training image at random in each epoch, by up to"
              + " S pixels per row, 0 to 1. Default: the preset's.")
  private @Nullable Float shear;

  @Option(
      names = "--clip",
      paramLabel = "NORM",
      description =
          "Clips the gradient of the nats per pixel to this global norm, for what adam steps: muon's"
              + " steps have a size of their own; 0 = no clipping. Default: the preset's.")
  private @Nullable Float clip;

  @Option(
      names = "--binarize",
      paramLabel = "HOW",
      description = "threshold (at 0.5) or stochastic. Default: the preset's.")
  private @Nullable Binarize binarize;

  @Option(
      names = "--validation",
      paramLabel = "N",
      description =
          "Size of the hold-out set, the training images that choose the best epoch; "
              + "0 = the test images choose it. Default: an eighth of the training images, "
              + "at most 5000.")
  private @Nullable Integer validation;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "The same seed and the same numerics in config.json give the same bits. Default: 0.")
  private @Nullable Long seed;

  @Option(
      names = "--shards",
      paramLabel = "S",
      description =
          "Split a batch into S equal shards, a power of two, and add their gradients"
              + " in a fixed order, so that one machine and a cluster give the same bits. "
              + "Default: 1, on a cluster 8.")
  private @Nullable Integer shards;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      description =
          "Also save a checkpoint every N steps within an epoch. Default: only after "
              + "each epoch.")
  private @Nullable Integer checkpointEvery;

  @Option(
      names = "--no-graph",
      description = "On cuda, launch each kernel of a step instead of one graph. Same bits.")
  private boolean noGraph;

  @Option(
      names = "--allow-other-bits",
      description =
          "Resume on a machine that rounds differently (another kind of CPU or GPU), or in another"
              + " --precision. The result then differs in its last bits.")
  private boolean otherBits;

  boolean otherBits() {
    return otherBits;
  }

  boolean graph() {
    return !noGraph;
  }

  DataOptions data() {
    return data;
  }

  String preset() {
    return preset == null ? "base" : preset;
  }

  /// How many images to hold out of a set.
  int validation(Dataset data) {
    if (validation == null) {
      return Holdout.byDefault(data);
    }
    if (validation < 0) {
      throw new UserException("--validation must be at least 0 but is " + validation);
    }
    return validation;
  }

  long seed() {
    return seed == null ? 0 : seed;
  }

  /// @param cluster whether one trains
  int shards(boolean cluster) {
    int usual = cluster ? Shards.OF_A_CLUSTER : Shards.ONE.count();
    return shards == null ? usual : shards;
  }

  /// Steps between two checkpoints.
  ///
  /// @throws UserException when there is none between them
  int checkpointEvery() {
    if (checkpointEvery == null) {
      return Integer.MAX_VALUE;
    }
    if (checkpointEvery < 1) {
      throw new UserException("--checkpoint-every must be at least 1 but is " + checkpointEvery);
    }
    return checkpointEvery;
  }

  /// A data set with the levels that were asked for.
  Dataset quantised(Dataset data) {
    return levels == null ? data : data.withLevels(levels);
  }

  /// The classes of training images, where the model is to be conditioned on them.
  RunData.Classes classes(Dataset data) {
    return classes ? RunData.Classes.of(data) : RunData.Classes.NONE;
  }

  /// What the outputs of a model for such images mean.
  Head head(ImageShape shape) {
    return head == null ? Head.of(shape) : Head.parse(head);
  }

  /// The preset's recipe for such images, with what was given instead.
  Recipe adjust(Recipe recipe, ImageShape shape) {
    if (shape.binary()) {
      return adjust(recipe);
    }
    if (binarize != null) {
      throw new UserException(
          "--binarize is for pixels of 2 levels, but the images have %d; leave it out, or give --levels 2"
              .formatted(shape.levels()));
    }
    return adjust(recipe.withBinarize(Binarize.THRESHOLD));
  }

  /// How many classes a model has: those of its images, or one for each raster order.
  int classesOfModel(RunData data) {
    return symmetries == null ? data.classes().names().size() : symmetries;
  }

  /// The same model in as many raster orders as were asked for.
  ModelConfig inOrders(ModelConfig model) {
    return symmetries == null ? model : new SymmetricConfig(model, symmetries);
  }

  /// Fails where images of this shape have not as many raster orders as were asked for.
  void requireSymmetries(ImageShape shape) {
    if (symmetries != null) {
      SymmetricConfig.requireSymmetries(shape, symmetries);
    }
  }

  /// Fails where classes are hidden that no model is told, or are to be told beside an order.
  void requireClasses() {
    if (classes && symmetries != null) {
      throw new UserException(
          "--symmetries tells the model which order it predicts in as its class, which --classes"
              + " does too; give one of the two");
    }
    if (classDropout != null && !classes) {
      throw new UserException(
          "--class-dropout hides the classes of --classes, which was not given; give both, or leave it out");
    }
  }

  /// The preset's recipe with what was given instead.
  Recipe adjust(Recipe recipe) {
    Recipe.Weights weights = recipe.weights();
    return new Recipe(
        new Recipe.Length(
            or(epochs, recipe.epochs()),
            or(batch, recipe.batch()),
            or(patience, recipe.length().patience())),
        new Recipe.Rate(
            or(rate, recipe.rate().peak()),
            or(muonFactor, recipe.rate().muonFactor()),
            or(schedule, recipe.rate().schedule()),
            or(warmUp, recipe.rate().warmUp())),
        new Recipe.Weights(
            or(optimizer, weights.optimizer()),
            weights.startFromMeans(),
            or(weightDecay, weights.decay()),
            or(clip, weights.clipNorm()),
            or(ema, weights.ema())),
        new Recipe.Pixels(
            or(binarize, recipe.pixels().binarize()),
            or(shear, recipe.pixels().shear()),
            or(classDropout, recipe.pixels().classDropout())));
  }

  private static <T> T or(@Nullable T given, T usual) {
    return given == null ? usual : given;
  }

  /// A run that goes on keeps its settings: to repeat one is fine, to change one is a mistake. More
  /// epochs are allowed where the learning rate does not depend on how many there are.
  RunConfig resume(RunConfig config) {
    Recipe recipe = config.recipe();
    String place = data.place();
    if (Datasets.isName(config.data().name()) && place != null && Datasets.isName(place)) {
      requireSame(
          "--data", place, config.data().name()); // else its pixels say whether it is the same
    }
    requireSame("--levels", levels, config.model().shape().levels());
    requireSame("--head", head, config.model().head().describe());
    requireSame("--classes", classes ? true : null, config.model().classes() > 0);
    requireSame("--symmetries", symmetries, config.model().orders());
    requireSame("--class-dropout", classDropout, recipe.pixels().classDropout());
    requireSame("--preset", preset, config.preset());
    requireSame("--batch", batch, recipe.batch());
    requireSame("--lr", rate, recipe.rate().peak());
    requireSame("--muon-factor", muonFactor, recipe.rate().muonFactor());
    requireSame("--schedule", schedule, recipe.rate().schedule());
    requireSame("--warm-up", warmUp, recipe.rate().warmUp());
    requireSame("--optimizer", optimizer, recipe.weights().optimizer());
    requireSame("--weight-decay", weightDecay, recipe.weights().decay());
    requireSame("--ema", ema, recipe.weights().ema());
    requireSame("--patience", patience, recipe.length().patience());
    requireSame("--shear", shear, recipe.pixels().shear());
    requireSame("--clip", clip, recipe.weights().clipNorm());
    requireSame("--binarize", binarize, recipe.pixels().binarize());
    requireSame("--validation", validation, config.data().validation());
    requireSame("--seed", seed, config.seed());
    requireSame("--shards", shards, config.arithmetic().shards());
    if (recipe.rate().schedule() != Schedule.CONSTANT) {
      requireSame("--epochs", epochs, recipe.epochs());
    }
    return config.with(adjust(recipe));
  }

  private static void requireSame(String option, @Nullable Object given, Object used) {
    if (given != null && !Objects.equals(given, used)) {
      throw new UserException(
          "%s %s differs from the run's %s; leave it out, or start a new run without --resume"
              .formatted(option, given, used));
    }
  }
}
