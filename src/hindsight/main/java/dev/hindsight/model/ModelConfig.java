package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.MetaBackend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;

/// What a model is made of: everything but its weights. A record, since a run keeps it in its
/// `config.json` and compares it with another run's.
public interface ModelConfig {

  /// What people call the model, in small letters: `made`.
  String name();

  /// Of the images that it is for.
  ImageShape shape();

  /// What its outputs mean.
  default Head head() {
    return Head.of(shape());
  }

  /// How many classes it is conditioned on: an image's label is one of them, or says that it has
  /// none. 0 = the model knows no classes.
  default int classes() {
    return 0;
  }

  /// What goes wrong where labels are given nonetheless.
  default IllegalArgumentException knowsNoClasses() {
    return new IllegalArgumentException(
        "%s: knows no classes but labels were given".formatted(name()));
  }

  /// The values that one set of outputs is for: those of a pixel.
  default Head.Group group() {
    return new Head.Group(shape().levels(), shape().channels());
  }

  /// How many outputs there are for an image.
  default int outputs() {
    return shape().values() / group().channels() * head().outputs(group());
  }

  /// Whether an image is pixels of one value, each of which follows from one logit.
  default boolean hasLogits() {
    return outputs() == shape().pixels();
  }

  /// In how many orders of the pixels it learns, see [AutoregressiveModel#orders].
  default int orders() {
    return 1;
  }

  /// One line for people about what these sizes mean; empty where there is nothing to say.
  default String remark() {
    return "";
  }

  /// How many parameters a model has, counted without memory for them.
  ///
  /// @throws dev.hindsight.error.UserException when there are more than
  ///   [dev.hindsight.nn.Parameters#MOST]
  default long parameters() {
    try (AutoregressiveModel model = create(MetaBackend.open(), RandomKey.of(0))) {
      return model.parameters().count();
    }
  }

  /// Builds the model with fresh weights.
  AutoregressiveModel create(Backend backend, RandomKey key);
}
