package dev.hindsight.backend.draw;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Whole images in one launch, by blocks that hold a model's state or by a grid that waits for
/// itself. Draws as [dev.hindsight.backend.Bernoulli] would from the logits that the layers give,
/// and [#pixels] as the ops of any distribution. The laws of [dev.hindsight.backend.Backend] hold.
/// A backend without such kernels has [#NONE].
public interface Sampling {
  /// Draws nothing at once.
  Sampling NONE = new Sampling() {};

  /// Whether [#made] can draw so many images of it at once.
  default boolean drawsMade(MadeLoop loop, int images) {
    return false;
  }

  /// Draws images of a MADE.
  ///
  /// @param flat all parameters of the model
  /// @param ofClasses what classes add before the activations, (N,O) of each layer, one behind the
  ///   other; null where no image has one
  default void made(MadeLoop loop, Tensor flat, @Nullable Tensor ofClasses, WholeImages images) {
    throw new UnsupportedOperationException("no kernel draws whole images of a MADE");
  }

  /// Whether [#lstm] can draw images of one layer of so many units.
  default boolean drawsLstm(int hidden) {
    return false;
  }

  /// Draws images of an LSTM.
  ///
  /// @param state (3,N,H), zero at first, used up: h twice, and c
  /// @param ofClasses what classes add to the gates (N,4H) and, behind that, to the logit (N,1);
  ///   null where no image has one
  default void lstm(LstmLoop loop, Tensor state, @Nullable Tensor ofClasses, WholeImages images) {
    throw new UnsupportedOperationException("no kernel draws whole images of an LSTM");
  }

  /// Whether [#pixels] can draw images of a model.
  ///
  /// @param channels the most that one of its norms has, 0 for none
  /// @param head channels of a head of its attention, 0 for none
  default boolean drawsPixels(int channels, int head) {
    return false;
  }

  /// Whether a phase more costs [#pixels] more than another product of its layer: then a layer
  /// starts from what the layer before it starts from, by both their weights multiplied out.
  default boolean multipliesOut() {
    return false;
  }

  /// In how many slices of its hidden units [#pixels] takes a perceptron: each leaves a part of the
  /// sum, and each who reads it adds them up.
  ///
  /// @param channels of its input and of its sum
  /// @param readers of each image's sum
  default int slices(int images, int channels, int hidden, int readers) {
    return 1;
  }

  /// Draws images of a model whose layers go pixel by pixel.
  ///
  /// @param head behind the loop's last layer
  default void pixels(PixelLoop loop, OutputHead head, WholeImages images) {
    throw new UnsupportedOperationException("no kernel draws whole images pixel by pixel");
  }
}
