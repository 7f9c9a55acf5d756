package dev.hindsight.bench.gpuday;

import dev.hindsight.bench.device.Effort;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Size;
import dev.hindsight.train.Sizes;
import java.util.List;
import java.util.Set;

/// How large a day is.
///
/// @param software whether it is a rehearsal on the software GPU
/// @param effort for the time of an op
/// @param batch images of a step; 0 = the preset's
/// @param steps that are timed at most
/// @param stepSeconds that are spent on them
/// @param images that are drawn
/// @param pixels of them; fewer than all are scaled up
/// @param trainingImages of an epoch
/// @param testImages that tell the likelihood
record Scale(
    boolean software,
    Effort effort,
    int batch,
    int steps,
    double stepSeconds,
    int images,
    int pixels,
    int trainingImages,
    int testImages) {
  private static final int ALL = Integer.MAX_VALUE;
  private static final int PIXELS = 784;

  static final Scale GPU = new Scale(false, Effort.GPU, 0, 200, 0.7, 25, PIXELS, ALL, ALL);
  static final Scale REHEARSAL = new Scale(true, Effort.SOFTWARE.repeating(1), 1, 1, 0, 1, 3, 2, 1);

  /// One of each op that a library is held against, small.
  private static final Set<String> REHEARSED =
      Set.of(
          "linear 3x5x7",
          "maskedLinear 3x5x7 relu",
          "causalConv1d 3x5x2x7 width 2 dilation 8",
          "maskedConv2d 1x3x2x5 to 7 up to 7x7",
          "triangularSoftmax 2x2x2 scale 0.7",
          "causalAttention 3x2 heads 2x5",
          "lstm 5x3x2");

  /// What is timed.
  List<OpCase> ops() {
    return software ? rehearsed() : OpCases.seedSizes();
  }

  /// What is compared with the reference.
  List<OpCase> verified() {
    return software ? rehearsed() : OpCases.all();
  }

  private static List<OpCase> rehearsed() {
    return OpCases.all().stream().filter(c -> REHEARSED.contains(c.toString())).toList();
  }

  /// Whose drawings are timed, and whose steps and drawings are predicted.
  List<String> presets() {
    return software ? List.of("reference") : List.of("reference", "base");
  }

  /// Of a model, where a preset's own are too much.
  Sizes sizes(String model) {
    if (!software) {
      return Sizes.none();
    }
    return switch (BuiltInModel.labelled(model)) {
      case MADE -> Sizes.of(Size.HIDDEN, 16).with(Size.LAYERS, 1);
      case WAVENET ->
          Sizes.of(Size.RESIDUAL_CHANNELS, 4).with(Size.BLOCKS, 2).with(Size.DILATION_CYCLE, 2);
      case PIXELCNN, GATED_PIXELCNN ->
          Sizes.of(Size.FILTERS, 4).with(Size.LAYERS, 1).with(Size.KERNEL, 3);
      case TRANSFORMER -> Sizes.of(Size.WIDTH, 8).with(Size.LAYERS, 1).with(Size.HEADS, 2);
      case LSTM -> Sizes.of(Size.HIDDEN, 8).with(Size.LAYERS, 1);
      case PIXEL_RNN -> Sizes.of(Size.HIDDEN, 1).with(Size.LAYERS, 1);
    };
  }

  /// Images of a step.
  int batch(int preset) {
    return batch == 0 ? preset : batch;
  }
}
