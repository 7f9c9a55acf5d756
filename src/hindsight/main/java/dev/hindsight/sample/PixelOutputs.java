package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ChannelHead;
import dev.hindsight.model.PixelScale;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Puts what a model makes of a pixel among the outputs of the images: all at once, or channel by
/// channel where each follows from those before it.
public final class PixelOutputs {
  private final Backend backend;
  private final ImageShape shape;
  private final Tensor pixels;
  private final Tensor logits;
  private final Tensor last;
  private final ChannelHead.@Nullable Steps steps;
  private final Tensor values; // (N,C)
  private final Tensor scaled; // (N,C)

  /// @param pixels (N,D) as far as they are drawn
  /// @param logits (N,…) of all pixels, which are written
  /// @param last (N,P) what the model's last layer makes of the pixel at hand
  public PixelOutputs(
      Backend backend, Scope scope, SampledModel model, Tensor pixels, Tensor logits, Tensor last) {
    ChannelHead head = model.channelHead();
    this.backend = backend;
    this.shape = model.shape();
    this.pixels = pixels;
    this.logits = logits;
    this.last = last;
    this.steps = head == null ? null : head.steps(backend, scope, last);
    this.values = scope.zeros(pixels.rows(), shape.channels());
    this.scaled = scope.zeros(pixels.rows(), shape.channels());
  }

  /// Writes those of a value.
  public void write(int value) {
    int channel = shape.channel(value);
    if (steps == null) {
      if (channel == 0) {
        int each = last.channels();
        backend.copyColumns(last, 0, logits, shape.pixel(value) * each, each);
      }
      return;
    }
    if (channel > 0) {
      backend.copyColumns(pixels, value - channel, values, 0, channel);
      PixelScale.copy(backend, shape, values, scaled); // later channels are read by nobody
    }
    Tensor y = steps.at(channel, scaled);
    int each = y.channels() / shape.channels();
    backend.copyColumns(y, channel * each, logits, value * each, each);
  }
}
