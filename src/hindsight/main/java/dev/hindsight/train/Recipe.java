package dev.hindsight.train;

import dev.hindsight.data.Binarize;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How a model is trained.
///
/// ```java
/// Recipe recipe = Recipe.of(20, 64, 2e-3f).withSchedule(Schedule.COSINE).withClipNorm(1);
/// ```
public record Recipe(Length length, Rate rate, Weights weights, Pixels pixels) {
  /// How long training goes on.
  ///
  /// @param batch images a step
  /// @param patience training ends after so many epochs without a better one; 0 = never before the
  ///   last
  public record Length(int epochs, int batch, int patience) {
    public Length {
      require(epochs >= 1, "--epochs must be at least 1 but is " + epochs);
      require(batch >= 1, "--batch must be at least 1 but is " + batch);
      require(patience >= 0, "--patience must be at least 0 but is " + patience);
    }
  }

  /// The learning rate.
  ///
  /// @param muonFactor Muon's rate for the matrices of layers, in units of this one, which is
  ///   Adam's for all else
  /// @param warmUp steps in which it rises linearly to its peak, before the schedule begins
  public record Rate(float peak, float muonFactor, Schedule schedule, int warmUp) {
    /// One for models whose tables of embeddings are small beside the matrices of their layers.
    static final float MUON_FACTOR = 10;

    public Rate {
      require(peak > 0 && Float.isFinite(peak), "--lr must be a number above 0 but is " + peak);
      require(
          muonFactor > 0 && Float.isFinite(muonFactor),
          "--muon-factor must be a number above 0 but is " + muonFactor);
      require(warmUp >= 0, "--warm-up must be at least 0 but is " + warmUp);
    }

    /// That of step `step`, from 0, of `steps`.
    public float at(long step, long steps) {
      return step < warmUp
          ? (float) (peak * (step + 1.0) / warmUp)
          : schedule.rate(peak, step - warmUp, steps - warmUp);
    }
  }

  /// What else decides the weights.
  ///
  /// @param optimizer what changes them
  /// @param startFromMeans whether the output bias starts at the log-odds of each pixel
  /// @param decay decoupled, on matrices only
  /// @param clipNorm largest global norm of a gradient, which is of nats per pixel; 0 = any
  /// @param ema decay of the exponential moving average of the weights, for each step; the average
  ///   is what is evaluated, kept and drawn from; 0 = the weights themselves
  public record Weights(
      Optimizer.Kind optimizer, boolean startFromMeans, float decay, float clipNorm, float ema) {
    public Weights {
      require(
          decay >= 0 && Float.isFinite(decay),
          "--weight-decay must be a number of at least 0 but is " + decay);
      require(
          clipNorm >= 0 && Float.isFinite(clipNorm),
          "--clip must be a number of at least 0 but is " + clipNorm);
      require(ema >= 0 && ema < 1, "--ema must be at least 0 and below 1 but is " + ema);
    }
  }

  /// What images are trained on.
  ///
  /// @param shear augmentation: each training image is slanted anew in each epoch, by at most so
  ///   many pixels to a row; 0 = none. Images that choose an epoch or test are what they are
  /// @param classDropout how likely the class of a training image is hidden in an epoch, so that
  ///   the model without a class is trained as well (Ho & Salimans 2022, section 3.2); 0 = never
  public record Pixels(Binarize binarize, float shear, float classDropout) {
    public Pixels {
      require(shear >= 0 && shear <= 1, "--shear must be from 0 to 1 but is " + shear);
      require(
          classDropout >= 0 && classDropout < 1,
          "--class-dropout must be at least 0 and below 1 but is " + classDropout);
    }
  }

  /// At a constant rate, of pixels by threshold, without anything else.
  public static Recipe of(int epochs, int batch, float rate) {
    return new Recipe(
        new Length(epochs, batch, 0),
        new Rate(rate, Rate.MUON_FACTOR, Schedule.CONSTANT, 0),
        new Weights(Optimizer.Kind.ADAM, false, 0, 0, 0),
        new Pixels(Binarize.THRESHOLD, 0, 0));
  }

  /// By Muon, which is worth twice the epochs and more where these are few.
  static Recipe byMuon(int epochs, int batch, float rate) {
    return of(epochs, batch, rate)
        .withOptimizer(Optimizer.Kind.MUON)
        .withWeightDecay(0.1f)
        .withClipNorm(1);
  }

  /// What the presets of a budget have in common: pixels drawn anew in each epoch, a short warm-up
  /// and half a cosine, and an average of the weights over about 2,000 steps.
  static Recipe ofBudget(int epochs, int batch, float rate, float weightDecay, float clip) {
    return of(epochs, batch, rate)
        .withSchedule(Schedule.COSINE)
        .withWeightDecay(weightDecay)
        .withClipNorm(clip)
        .startingFromMeans()
        .withBinarize(Binarize.STOCHASTIC)
        .withWarmUp(500)
        .withEma(0.9995f)
        .withPatience(30);
  }

  public int epochs() {
    return length.epochs;
  }

  public int batch() {
    return length.batch;
  }

  public Recipe withEpochs(int count) {
    return with(new Length(count, length.batch, length.patience));
  }

  /// The same, stopped after so many epochs without a better one.
  public Recipe withPatience(int count) {
    return with(new Length(length.epochs, length.batch, count));
  }

  private Recipe with(Length other) {
    return new Recipe(other, rate, weights, pixels);
  }

  public Recipe withSchedule(Schedule schedule) {
    return with(new Rate(rate.peak, rate.muonFactor, schedule, rate.warmUp));
  }

  public Recipe withWarmUp(int steps) {
    return with(new Rate(rate.peak, rate.muonFactor, rate.schedule, steps));
  }

  public Recipe withMuonFactor(float factor) {
    return with(new Rate(rate.peak, factor, rate.schedule, rate.warmUp));
  }

  private Recipe with(Rate other) {
    return new Recipe(length, other, weights, pixels);
  }

  /// The same, with an output bias that starts at the log-odds of each pixel.
  public Recipe startingFromMeans() {
    Weights w = weights;
    return with(new Weights(w.optimizer, true, w.decay, w.clipNorm, w.ema));
  }

  public Recipe withOptimizer(Optimizer.Kind optimizer) {
    Weights w = weights;
    return with(new Weights(optimizer, w.startFromMeans, w.decay, w.clipNorm, w.ema));
  }

  public Recipe withWeightDecay(float decay) {
    Weights w = weights;
    return with(new Weights(w.optimizer, w.startFromMeans, decay, w.clipNorm, w.ema));
  }

  public Recipe withClipNorm(float norm) {
    Weights w = weights;
    return with(new Weights(w.optimizer, w.startFromMeans, w.decay, norm, w.ema));
  }

  public Recipe withEma(float decay) {
    Weights w = weights;
    return with(new Weights(w.optimizer, w.startFromMeans, w.decay, w.clipNorm, decay));
  }

  private Recipe with(Weights other) {
    return new Recipe(length, rate, other, pixels);
  }

  public Recipe withBinarize(Binarize binarize) {
    return with(new Pixels(binarize, pixels.shear, pixels.classDropout));
  }

  public Recipe withShear(float largest) {
    return with(new Pixels(pixels.binarize, largest, pixels.classDropout));
  }

  /// The same, of images whose classes are hidden so often.
  public Recipe withClassDropout(float share) {
    return with(new Pixels(pixels.binarize, pixels.shear, share));
  }

  private Recipe with(Pixels other) {
    return new Recipe(length, rate, weights, other);
  }

  /// Whether training is over after so many epochs.
  public boolean ends(int done, int bestEpoch) {
    int patience = length.patience;
    return done >= length.epochs || (patience > 0 && done - bestEpoch >= patience);
  }

  /// One line for people: `20 epochs, batch 64, rate 0.002 (cooldown), weight decay 0.5, output
  /// bias from pixel means, pixels by threshold`. What is off is left out.
  ///
  /// @param shape of the images, which are binarized where they have two levels
  public String describe(ImageShape shape) {
    List<String> parts = new ArrayList<>();
    parts.add(epochs() + (epochs() == 1 ? " epoch" : " epochs"));
    parts.add("batch " + batch());
    String warm = rate.warmUp > 0 ? " after %d steps of warm-up".formatted(rate.warmUp) : "";
    parts.add("rate %s (%s%s)".formatted(rate.peak, word(rate.schedule), warm));
    if (weights.optimizer == Optimizer.Kind.MUON) {
      parts.add("muon at %s times that rate".formatted(rate.muonFactor));
    }
    if (weights.decay > 0) {
      parts.add("weight decay " + weights.decay);
    }
    if (weights.clipNorm > 0) {
      parts.add("gradients clipped at norm " + weights.clipNorm);
    }
    if (weights.startFromMeans) {
      parts.add("output bias from " + (shape.binary() ? "pixel means" : "how often levels occur"));
    }
    if (weights.ema > 0) {
      parts.add("average of weights with decay " + weights.ema);
    }
    if (length.patience > 0) {
      parts.add("stopped after %d epochs without a better one".formatted(length.patience));
    }
    if (pixels.shear > 0) {
      parts.add("images slanted by up to %s pixels a row".formatted(pixels.shear));
    }
    if (pixels.classDropout > 0) {
      parts.add("classes hidden with probability " + pixels.classDropout);
    }
    if (shape.binary()) {
      parts.add("pixels by " + word(pixels.binarize));
    }
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
