package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.nn.Parameter;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.BuiltInModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// A model at a size that a check gets through in seconds.
record SmallModel(String shape, ModelConfig config) {
  static final RandomKey KEY = RandomKey.of(7);

  /// For images of 28x28.
  static List<SmallModel> all() {
    return all(ImageShape.MNIST);
  }

  /// For images of this shape, with the usual head.
  static List<SmallModel> all(ImageShape of) {
    return all(of, Head.of(of));
  }

  static List<SmallModel> all(ImageShape of, Head head) {
    return all(of, head, 0);
  }

  static List<SmallModel> all(ImageShape of, Head head, int classes) {
    var diagonal =
        new SmallModel(
            "hidden 2 x 1, diagonal", new PixelRnnConfig(of, head, classes, 2, 1, Kind.DIAGONAL));
    return Stream.concat(
            Arrays.stream(BuiltInModel.values()).map(model -> tiny(model, of, head, classes)),
            Stream.of(diagonal))
        .toList();
  }

  ImageShape of() {
    return config.shape();
  }

  /// Of three classes, for small images.
  static List<SmallModel> conditional() {
    var of = new ImageShape(5, 7);
    return all(of, Head.of(of), 3);
  }

  /// With weights that tell classes apart, as training does.
  AutoregressiveModel create(Backend backend, RandomKey key) {
    AutoregressiveModel model = config.create(backend, key);
    for (Parameter table : ClassBias.tables(model.parameters())) {
      int count = Math.toIntExact(table.shape().size());
      model.parameters().write(table, Philox.uniforms(key.fold(table.name()), count));
    }
    return model;
  }

  private static SmallModel tiny(BuiltInModel model, ImageShape of, Head head, int classes) {
    return new SmallModel("preset tiny", model.tiny(of, head, classes));
  }
}
