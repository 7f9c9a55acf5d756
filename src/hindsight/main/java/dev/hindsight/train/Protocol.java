package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What a likelihood means: two are comparable where their protocols are the same.
///
/// @param binarize how grey pixels became 0 or 1
/// @param binarizations how often they did so; the nats are the mean over all. Their keys are
///   fixed, so every model of whatever seed meets the same bits
/// @param validation training images that were held out to choose the epoch; 0 = test images chose
///   it, so their nats are too good by what choosing gains
public record Protocol(Binarize binarize, int binarizations, int validation) {
  /// Of stochastic pixels. Of a MADE on MNIST one of them has a standard deviation of 0.05 nats, so
  /// that of their mean is a tenth of the standard error by which images differ.
  public static final int BINARIZATIONS = 5;

  /// Of stochastic pixels.
  public static final RandomKey KEY = RandomKey.of(0).fold("evaluation");

  public Protocol {
    if (binarizations < 1) {
      throw new UserException("--binarizations must be at least 1 but is " + binarizations);
    }
    if (binarize == Binarize.THRESHOLD && binarizations > 1) {
      throw new UserException(
          "--binarizations %d: a threshold always gives the same pixels; leave it out"
              .formatted(binarizations));
    }
  }

  /// With as many binarizations as make sense.
  public static Protocol of(Binarize binarize, int validation) {
    int count = binarize == Binarize.THRESHOLD ? 1 : BINARIZATIONS;
    return new Protocol(binarize, count, validation);
  }

  /// That of a run.
  public static Protocol of(RunConfig config) {
    return of(config.recipe().binarize(), config.validation());
  }

  /// Looks at test images.
  ///
  /// @param batch how many at a time
  public Likelihood measure(Backend backend, AutoregressiveModel model, Dataset test, int batch) {
    return Likelihood.of(
        backend, model, Batches.evaluation(test, batch, binarize, KEY), binarizations);
  }

  /// `stochastic binarization, mean of 5; epoch chosen on 5,000 validation images`.
  public String describe() {
    String pixels =
        binarize == Binarize.THRESHOLD
            ? "pixels by threshold"
            : binarizations == 1
                ? "stochastic binarization"
                : "stochastic binarization, mean of " + binarizations;
    String epoch =
        validation > 0
            ? String.format(Locale.ROOT, "epoch chosen on %,d validation images", validation)
            : "epoch chosen on test images";
    return pixels + "; " + epoch;
  }

  /// The same for programs.
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("binarize", binarize.name().toLowerCase(Locale.ROOT));
    fields.put("binarizations", binarizations);
    fields.put("validation_images", validation);
    fields.put("epoch_chosen_on", validation > 0 ? "validation" : "test");
    return fields;
  }
}
