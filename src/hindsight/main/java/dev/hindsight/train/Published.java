package dev.hindsight.train;

import java.util.List;
import java.util.Locale;

/// What others reached with such a model on binarized MNIST.
///
/// @param nats per test image
/// @param what size and source
/// @param how its protocol
public record Published(double nats, String what, Protocol how) {

  /// How others measure.
  public enum Protocol {
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
  public static List<Published> of(RunConfig config) {
    if (!config.data().sha256().equals(MNIST) || !config.model().shape().binary()) {
      return List.of();
    }
    return BuiltInModel.labelled(config.model().name()).published();
  }

  /// `84.87 (1 x 8000, pytorch-generative, dynamic)`.
  public String describe() {
    return String.format(Locale.ROOT, "%.2f (%s, %s)", nats, what, how.word());
  }

  /// What the protocols' words mean, and the best of all.
  public static List<String> notes() {
    return List.of(
        "Published: dynamic is %s; static is %s."
            .formatted(Protocol.DYNAMIC.meaning, Protocol.STATIC.meaning),
        "Best of all: 77.56 (LMConv, 8 orders, dynamic), 78.61 (PixelSNAIL, pytorch-generative,"
            + " dynamic).");
  }
}
