package dev.hindsight.train;

import dev.hindsight.data.Dataset;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import java.util.List;

/// A recipe and the sizes that go with it.
///
/// @param images of 28 x 28 for which it promises a time, which it keeps for other images and for
///   fewer; 0 where it promises none
public record Preset(BuiltInModel model, Recipe recipe, Sizes sizes, int images) {
  static final String BASE = "base";
  static final String HOUR = "hour";
  static final String TINY = "tiny";

  /// One of a model's list.
  ///
  /// @param sizes in the order of [BuiltInModel#sizes]
  record Line(String name, Recipe recipe, List<Object> sizes) {
    static Line base(Recipe recipe, Object... sizes) {
      return new Line(
          BASE, recipe.withSchedule(Schedule.COOLDOWN).startingFromMeans(), List.of(sizes));
    }

    static Line hour(Recipe recipe, Object... sizes) {
      return new Line(HOUR, recipe, List.of(sizes));
    }

    static Line best(Recipe recipe, Object... sizes) {
      return new Line("best", recipe, List.of(sizes));
    }

    static Line reference(float rate, Object... sizes) {
      return new Line("reference", Recipe.of(20, 64, rate), List.of(sizes));
    }

    static Line tiny(Object... sizes) {
      return new Line(TINY, Recipe.of(1, 4, 1e-2f), List.of(sizes));
    }
  }

  static Preset of(BuiltInModel model, Line line) {
    Sizes all = Sizes.none();
    for (int k = 0; k < line.sizes.size(); k++) {
      all = all.with(model.sizes().get(k), line.sizes.get(k));
    }
    int images =
        switch (line.name) {
          case BASE -> 7_000; // of mnist10k
          case HOUR -> 55_000; // of mnist
          default -> 0;
        };
    return new Preset(model, line.recipe, all, images);
  }

  /// The one for images of a shape: where it promises a time, that of [TimeBudget].
  ///
  /// @param count how many images it is to be trained on
  /// @param given sizes that the model is to have instead
  public Preset fit(ImageShape shape, int count, Head head, Sizes given) {
    model.requireKnown(given);
    if (images == 0 || (shape.equals(ImageShape.MNIST) && count >= images)) {
      return this;
    }
    Size width = model.sizes().getFirst();
    TimeBudget.Fit fit = new TimeBudget(this, width, given).fit(shape, count, head);
    return new Preset(model, recipe.withEpochs(fit.epochs()), sizes.with(width, fit.width()), 0);
  }

  /// The config of its model, with the usual head and no classes.
  public ModelConfig config(Sizes given, Dataset data, long seed) {
    return config(given, data, Head.of(data.shape()), 0, seed);
  }

  /// The config of its model.
  ///
  /// @param given sizes that it is to have instead
  /// @param data what it will be trained on; its pixel means place MADE's hidden units
  /// @param head what the outputs mean
  /// @param classes how many it is conditioned on, 0 = none
  /// @param seed decides MADE's degrees where they are drawn at random
  /// @throws UserException when the model has no such size, or cannot have such a value
  public ModelConfig config(Sizes given, Dataset data, Head head, int classes, long seed) {
    model.requireKnown(given);
    return model.config(sizes.with(given), data, head, classes, seed, recipe);
  }
}
