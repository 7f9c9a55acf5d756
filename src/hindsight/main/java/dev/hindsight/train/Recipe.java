package dev.hindsight.train;

import dev.hindsight.data.Binarize;
import dev.hindsight.error.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How a model is trained.
///
/// @param rate peak learning rate
/// @param weightDecay decoupled, on matrices only
/// @param clipNorm largest global norm of a gradient, which is of nats per pixel; 0 = any
/// @param startFromMeans whether the output bias starts at the log-odds of each pixel
/// @param warmUp steps in which the rate rises linearly to its peak, before the schedule begins
/// @param ema decay of the exponential moving average of the weights, for each step; the average is
///   what is evaluated, kept and drawn from; 0 = the weights themselves
/// @param patience training ends after so many epochs without a better one; 0 = never before the
///   last
/// @param shear augmentation: each training image is slanted anew in each epoch, by at most so many
///   pixels to a row; 0 = none. Images that choose an epoch or test are what they are
public record Recipe(
    int epochs,
    int batch,
    float rate,
    Schedule schedule,
    float weightDecay,
    float clipNorm,
    boolean startFromMeans,
    Binarize binarize,
    int warmUp,
    float ema,
    int patience,
    float shear) {

  /// Without warm-up, average of weights, early stopping and augmentation.
  public Recipe(
      int epochs,
      int batch,
      float rate,
      Schedule schedule,
      float weightDecay,
      float clipNorm,
      boolean startFromMeans,
      Binarize binarize) {
    this(
        epochs, batch, rate, schedule, weightDecay, clipNorm, startFromMeans, binarize, 0, 0, 0, 0);
  }

  public Recipe {
    require(warmUp >= 0, "--warm-up must be at least 0 but is " + warmUp);
    require(ema >= 0 && ema < 1, "--ema must be at least 0 and below 1 but is " + ema);
    require(patience >= 0, "--patience must be at least 0 but is " + patience);
    require(
        weightDecay >= 0 && Float.isFinite(weightDecay),
        "--weight-decay must be a number of at least 0 but is " + weightDecay);
    require(shear >= 0 && shear <= 1, "--shear must be from 0 to 1 but is " + shear);
    require(epochs >= 1, "--epochs must be at least 1 but is " + epochs);
    require(batch >= 1, "--batch must be at least 1 but is " + batch);
    require(
        clipNorm >= 0 && Float.isFinite(clipNorm),
        "--clip must be a number of at least 0 but is " + clipNorm);
    require(rate > 0 && Float.isFinite(rate), "--lr must be a number above 0 but is " + rate);
  }

  /// The same for so many epochs.
  public Recipe withEpochs(int count) {
    var parts = new Parts(this);
    parts.epochs = count;
    return parts.whole();
  }

  /// The same with so many images in a batch.
  public Recipe withBatch(int images) {
    var parts = new Parts(this);
    parts.batch = images;
    return parts.whole();
  }

  /// The same, with so many steps of warm-up.
  public Recipe withWarmUp(int steps) {
    var parts = new Parts(this);
    parts.warmUp = steps;
    return parts.whole();
  }

  /// The same, with an average of the weights.
  public Recipe withEma(float decay) {
    var parts = new Parts(this);
    parts.ema = decay;
    return parts.whole();
  }

  /// The same, stopped early.
  public Recipe withPatience(int count) {
    var parts = new Parts(this);
    parts.patience = count;
    return parts.whole();
  }

  /// The same, of slanted images.
  public Recipe withShear(float largest) {
    var parts = new Parts(this);
    parts.shear = largest;
    return parts.whole();
  }

  /// The learning rate of step `step`, from 0, of `steps`.
  public float rate(long step, long steps) {
    return step < warmUp
        ? (float) (rate * (step + 1.0) / warmUp)
        : schedule.rate(rate, step - warmUp, steps - warmUp);
  }

  /// Whether training is over after so many epochs.
  public boolean ends(int done, int bestEpoch) {
    return done >= epochs || (patience > 0 && done - bestEpoch >= patience);
  }

  /// One line for people: `20 epochs, batch 64, rate 0.002 (cooldown), weight decay 0.5, output
  /// bias from pixel means, pixels by threshold`. What is off is left out.
  public String describe() {
    List<String> parts = new ArrayList<>();
    parts.add(epochs + (epochs == 1 ? " epoch" : " epochs"));
    parts.add("batch " + batch);
    String warm = warmUp > 0 ? " after %d steps of warm-up".formatted(warmUp) : "";
    parts.add("rate %s (%s%s)".formatted(rate, word(schedule), warm));
    if (weightDecay > 0) {
      parts.add("weight decay " + weightDecay);
    }
    if (clipNorm > 0) {
      parts.add("gradients clipped at norm " + clipNorm);
    }
    if (startFromMeans) {
      parts.add("output bias from pixel means");
    }
    if (ema > 0) {
      parts.add("average of weights with decay " + ema);
    }
    if (patience > 0) {
      parts.add("stopped after %d epochs without a better one".formatted(patience));
    }
    if (shear > 0) {
      parts.add("images slanted by up to %s pixels a row".formatted(shear));
    }
    parts.add("pixels by " + word(binarize));
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

  /// What a changed recipe is made of: the one place that lists all parts.
  private static final class Parts {
    private final Recipe before;
    private int epochs;
    private int batch;
    private int warmUp;
    private float ema;
    private int patience;
    private float shear;

    Parts(Recipe before) {
      this.before = before;
      this.epochs = before.epochs;
      this.batch = before.batch;
      this.warmUp = before.warmUp;
      this.ema = before.ema;
      this.patience = before.patience;
      this.shear = before.shear;
    }

    Recipe whole() {
      return new Recipe(
          epochs,
          batch,
          before.rate,
          before.schedule,
          before.weightDecay,
          before.clipNorm,
          before.startFromMeans,
          before.binarize,
          warmUp,
          ema,
          patience,
          shear);
    }
  }
}
