package dev.hindsight.model.symmetric;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;

/// A model in several raster orders.
///
/// @param model which has a class for each order
/// @param symmetries how many orders: 2, 4 or 8, the first of [SymmetricModel#order]
public record SymmetricConfig(ModelConfig model, int symmetries) implements ModelConfig {
  /// What a run's `config.json` calls it; people see the name of the model.
  public static final String NAME = "symmetric";

  public SymmetricConfig {
    requireSymmetries(model.shape(), symmetries);
    if (model.classes() != symmetries) {
      throw new IllegalArgumentException(
          "symmetric: wanted a model with a class for each of %d orders, got %d classes"
              .formatted(symmetries, model.classes()));
    }
  }

  /// Fails where images have not so many symmetries.
  public static void requireSymmetries(ImageShape shape, int symmetries) {
    if (symmetries != 2 && symmetries != 4 && symmetries != 8) {
      throw new UserException("--symmetries must be 2, 4 or 8 but is " + symmetries);
    }
    if (symmetries == 8 && shape.height() != shape.width()) {
      throw new UserException(
          "--symmetries 8 reads columns as rows, which wants square images, but they are %s; give 4, or --size"
              .formatted(shape));
    }
  }

  @Override
  public String name() {
    return model.name();
  }

  @Override
  public ImageShape shape() {
    return model.shape();
  }

  @Override
  public Head head() {
    return model.head();
  }

  @Override
  public Head.Group group() {
    return model.group();
  }

  @Override
  public int orders() {
    return symmetries;
  }

  @Override
  public String remark() {
    return symmetries + " raster orders, symmetries of the image, one a step in turn";
  }

  @Override
  public SymmetricModel create(Backend backend, RandomKey key) {
    return new SymmetricModel(backend, this, key);
  }
}
