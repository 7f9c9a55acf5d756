package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ChannelHead;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A model that brings a sampler of its own, so that an image costs about one forward pass. Every
/// other model is drawn by a full forward pass for each pixel.
public interface SampledModel extends AutoregressiveModel {
  /// A sampler that has drawn nothing yet, on the backend that holds the model.
  ///
  /// @param scope open, and the sampler's own from now on
  /// @param labels of the request's images (N), as those of [#logits(Ops, Tensor, Tensor)]: what
  ///   follows from them alone is computed here, once for all pixels
  Sampler sampler(Backend backend, Scope scope, Sampler.Request request, @Nullable Tensor labels);

  /// What its outputs come through where each channel of a pixel follows from those before it.
  default @Nullable ChannelHead channelHead() {
    return null;
  }

  /// Whether the backend has a kernel that draws so many whole images in one launch.
  default boolean drawsAtOnce(Backend backend, int images) {
    return false;
  }

  /// Draws whole images in one launch, where [#drawsAtOnce] says that there is a kernel for it.
  ///
  /// @param scope open for as long as the launch may run
  default void drawAtOnce(Backend backend, Scope scope, WholeImages images) {
    throw new UnsupportedOperationException("no kernel draws whole images of this model");
  }
}
