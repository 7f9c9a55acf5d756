package dev.hindsight.compare;

import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.RunConfig;
import java.util.List;
import java.util.Locale;

/// What others reached with such a model on binarized MNIST.
///
/// @param nats per test image
/// @param what size and source
/// @param how its protocol
record Published(double nats, String what, Protocol how) {

  /// How others measure.
  enum Protocol {
    /// As github.com/EugenHotaj/pytorch-generative says that it does.
    DYNAMIC("pixels drawn anew in each epoch, 60,000 training images, epoch chosen on test images"),
    /// Of Salakhutdinov & Murray 2008, with the split of Larochelle & Murray 2011.
    STATIC("pixels drawn once for all, 50,000 training and 10,000 validation images");

    private final String meaning;

    Protocol(String meaning) {
      this.meaning = meaning;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// SHA-256 of the pixels of MNIST's 60,000 training images.
  private static final String MNIST =
      "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757";

  /// Those of a run's model; none where it was not trained on MNIST.
  static List<Published> of(RunConfig config) {
    if (!config.dataSha256().equals(MNIST)) {
      return List.of();
    }
    return switch (BuiltInModel.labelled(config.model().name())) {
      case MADE ->
          List.of(
              new Published(84.87, "1 x 8000, pytorch-generative", Protocol.DYNAMIC),
              new Published(88.04, "1 hidden layer, 32 masks, paper", Protocol.STATIC),
              new Published(86.64, "2 hidden layers, 32 masks, paper", Protocol.STATIC));
      case PIXELCNN ->
          List.of(
              new Published(81.45, "pytorch-generative", Protocol.DYNAMIC),
              new Published(81.30, "paper", Protocol.STATIC));
      case GATED_PIXELCNN -> List.of(new Published(81.50, "pytorch-generative", Protocol.DYNAMIC));
      case TRANSFORMER ->
          List.of(new Published(79.17, "8 blocks of 64, pytorch-generative", Protocol.DYNAMIC));
      case PIXEL_RNN ->
          List.of(
              new Published(80.75, "diagonal, 1 layer of 32, paper", Protocol.STATIC),
              new Published(79.20, "diagonal, 7 layers of 16, paper", Protocol.STATIC));
      case WAVENET, LSTM -> List.of(); // nobody has, that we found
    };
  }

  /// `84.87 (1 x 8000, pytorch-generative, dynamic)`.
  String describe() {
    return String.format(Locale.ROOT, "%.2f (%s, %s)", nats, what, how.word());
  }

  /// What the protocols' words mean, and the best of all.
  static List<String> notes() {
    return List.of(
        "Published: dynamic is %s; static is %s."
            .formatted(Protocol.DYNAMIC.meaning, Protocol.STATIC.meaning),
        "Best of all: 77.56 (LMConv, 8 orders, dynamic), 78.61 (PixelSNAIL, pytorch-generative,"
            + " dynamic).");
  }
}
