package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.model.ChannelHead;
import dev.hindsight.model.Head;
import dev.hindsight.model.PixelScale;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A model whose layers can go pixel by pixel, as it describes once in a [PixelLoop]: a backend's
/// kernel follows that where there is one, and a sampler by the ops of a backend everywhere.
public interface PixelLoopModel extends SampledModel {
  /// What is computed of each pixel of so many images. Only device work, so that it can be
  /// recorded.
  ///
  /// @param sampling for which it is, [Sampling#NONE] for a sampler
  /// @param scope open for as long as the loop is followed
  /// @param labels of the images (N), null where none has a class: what a class adds is part of the
  ///   loop's biases
  PixelLoop loop(
      Backend backend, Sampling sampling, Scope scope, int images, @Nullable Tensor labels);

  @Override
  default Sampler sampler(
      Backend backend, Scope scope, Sampler.Request request, @Nullable Tensor labels) {
    return new PixelLoopSampler(backend, scope, this, request, labels);
  }

  @Override
  default void drawAtOnce(Backend backend, Scope scope, WholeImages images) {
    Sampling sampling = backend.sampling();
    PixelLoop loop = loop(backend, sampling, scope, images.count(), images.labels());
    Head head = config().head();
    ChannelHead channels = channelHead();
    sampling.pixels(
        loop,
        new OutputHead(
            head.distribution(),
            head.components(),
            channels == null ? null : channels.weights(),
            PixelScale.scale(shape()),
            PixelScale.shift(shape()),
            scope.floats(images.count(), loop.logit().b().channels())),
        images);
  }
}
