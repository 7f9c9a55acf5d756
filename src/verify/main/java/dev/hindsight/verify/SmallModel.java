package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.BuiltInModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// A model at a size that a check gets through in seconds.
///
/// @param order in which it is to predict
record SmallModel(String shape, ModelConfig config, int order) {
  static final RandomKey KEY = RandomKey.of(7);

  private SmallModel(String shape, ModelConfig config) {
    this(shape, config, 0);
  }

  /// For images of 28x28.
  static List<SmallModel> all() {
    return all(ImageShape.MNIST);
  }

  /// For images of this shape, with the usual head.
  static List<SmallModel> all(ImageShape of) {
    return all(of, Head.of(of));
  }

  static List<SmallModel> all(ImageShape of, Head head) {
    var inOrders =
        new SmallModel(
            "hidden 64 x 2, order 2 of 0 to 3",
            MadeConfig.random(of, 64, 2, KEY).withOrders(4, 7).with(head, 0),
            2);
    var diagonal =
        new SmallModel(
            "hidden 2 x 1, diagonal", new PixelRnnConfig(of, head, 0, 2, 1, Kind.DIAGONAL));
    return Stream.concat(
            Arrays.stream(BuiltInModel.values()).map(model -> tiny(model, of, head)),
            Stream.of(inOrders, diagonal))
        .toList();
  }

  /// Of its images.
  ImageShape of() {
    return config.shape();
  }

  AutoregressiveModel create(Backend backend, RandomKey key) {
    AutoregressiveModel model = config.create(backend, key);
    model.turnTo(model.order(order));
    return model;
  }

  private static SmallModel tiny(BuiltInModel model, ImageShape of, Head head) {
    return new SmallModel("preset tiny", model.tiny(of, head, 0));
  }
}
