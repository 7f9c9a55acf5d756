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
/// @param levels of a value
/// @param binarize how values became 0 or 1 where there are two levels
/// @param binarizations how often they did so; the nats are the mean over all. Their keys are
///   fixed, so every model of whatever seed meets the same bits
/// @param validation training images that were held out to choose the epoch; 0 = test images chose
///   it, so their nats are too good by what choosing gains
/// @param classes on how many the model is conditioned: nats are those of an image given its class;
///   0 = none
/// @param orders over how many orders of the pixels an image's likelihood is averaged, see
///   [Likelihood#overOrders]; 1 = in raster order
public record Protocol(
    int levels, Binarize binarize, int binarizations, int validation, int classes, int orders) {
  /// Of stochastic pixels. Of a MADE on MNIST one of them has a standard deviation of 0.05 nats, so
  /// that of their mean is a tenth of the standard error by which images differ.
  public static final int BINARIZATIONS = 5;

  /// Of stochastic pixels.
  public static final RandomKey KEY = RandomKey.of(0).fold("evaluation");

  public Protocol {
    if (orders < 1) {
      throw new UserException("--orders must be at least 1 but is " + orders);
    }
    if (binarizations < 1) {
      throw new UserException("--binarizations must be at least 1 but is " + binarizations);
    }
    if (binarize == Binarize.THRESHOLD && binarizations > 1) {
      throw new UserException(
          "--binarizations %d: %s always gives the same pixels; leave it out"
              .formatted(binarizations, levels == 2 ? "a threshold" : levels + " levels"));
    }
    if (binarize != Binarize.THRESHOLD && levels > 2) {
      throw new UserException(
          "--binarize is for pixels of 2 levels, but the run's have %d; leave it out"
              .formatted(levels));
    }
  }

  /// That of a run.
  public static Protocol of(RunConfig config) {
    return of(config, config.recipe().pixels().binarize());
  }

  /// That of a run with another binarization, and with as many as make sense.
  public static Protocol of(RunConfig config, Binarize binarize) {
    return new Protocol(
        config.model().shape().levels(),
        binarize,
        binarize == Binarize.THRESHOLD ? 1 : BINARIZATIONS,
        config.data().validation(),
        config.model().classes(),
        config.model().orders());
  }

  public Protocol withBinarizations(int count) {
    return new Protocol(levels, binarize, count, validation, classes, orders);
  }

  public Protocol withOrders(int count) {
    return new Protocol(levels, binarize, binarizations, validation, classes, count);
  }

  /// Looks at test images.
  ///
  /// @param batch how many at a time
  public Likelihood measure(Backend backend, AutoregressiveModel model, Dataset test, int batch) {
    return Likelihood.of(each(backend, model, test, batch));
  }

  /// The negative log-likelihood of each test image in each binarization.
  public float[][] each(Backend backend, AutoregressiveModel model, Dataset test, int batch) {
    return Likelihood.each(backend, model, batches(test, batch), binarizations, orders);
  }

  /// Test images in their order, of which each epoch is another binarization.
  ///
  /// @param size of a batch
  public Batches batches(Dataset test, int size) {
    return Batches.evaluation(test, size, binarize, KEY);
  }

  /// `stochastic binarization, mean of 5; epoch chosen on 5,000 validation images`.
  public String describe() {
    String epoch =
        validation > 0
            ? String.format(Locale.ROOT, "epoch chosen on %,d validation images", validation)
            : "epoch chosen on test images";
    String ensemble = orders == 1 ? "" : "; mean likelihood of %d orders".formatted(orders);
    String given = classes == 0 ? "" : "; given the class, one of " + classes;
    return pixels() + given + ensemble + "; " + epoch;
  }

  private String pixels() {
    if (levels > 2) {
      return levels + " levels";
    }
    if (binarize == Binarize.THRESHOLD) {
      return "pixels by threshold";
    }
    return "stochastic binarization" + (binarizations == 1 ? "" : ", mean of " + binarizations);
  }

  /// The same for programs.
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("levels", levels);
    if (levels == 2) {
      fields.put("binarize", binarize.name().toLowerCase(Locale.ROOT));
      fields.put("binarizations", binarizations);
    }
    if (classes > 0) {
      fields.put("classes", classes);
    }
    fields.put("orders", orders);
    fields.put("validation_images", validation);
    fields.put("epoch_chosen_on", validation > 0 ? "validation" : "test");
    return fields;
  }
}
