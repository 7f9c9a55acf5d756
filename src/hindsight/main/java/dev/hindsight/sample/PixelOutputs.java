package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ChannelHead;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Puts what a model makes of a pixel among the outputs of the images: all at once, or channel by
/// channel where each follows from those before it.
public final class PixelOutputs {
  private final Backend backend;
  private final ImageShape shape;
  private final Tensor logits;
  private final Tensor last;
  private final ChannelHead.@Nullable Steps steps;
  private final ScaledPixel read;
  private final Tensor scaled; // (N,C), the pixel at hand as far as it is drawn

  /// @param pixels (N,D) as far as they are drawn
  /// @param logits (N,…) of all pixels, which are written
  /// @param last (N,P) what the model's last layer makes of the pixel at hand
  public PixelOutputs(
      Backend backend, Scope scope, SampledModel model, Tensor pixels, Tensor logits, Tensor last) {
    ChannelHead head = model.channelHead();
    this.backend = backend;
    this.shape = model.shape();
    this.logits = logits;
    this.last = last;
    this.steps = head == null ? null : head.steps(backend, scope, last);
    this.read = new ScaledPixel(backend, scope, shape, pixels);
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
      read.into(shape.pixel(value), scaled); // channels that are not drawn are read by nobody
    }
    Tensor y = steps.at(channel, scaled);
    int each = y.channels() / shape.channels();
    backend.copyColumns(y, channel * each, logits, value * each, each);
  }
}
