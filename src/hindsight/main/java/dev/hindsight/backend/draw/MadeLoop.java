package dev.hindsight.backend.draw;

import dev.hindsight.backend.Degrees;
import java.util.List;

/// What a kernel must know to draw whole images of a MADE: which units each pixel makes final, and
/// where the weights lie.
///
/// One object per model: backends keep what they upload for as long as they are open.
///
/// @param layers from the pixels, of degrees 1, 2, …, to the logits
public record MadeLoop(List<Layer> layers) implements DrawingLoop {
  /// A layer; the last is the output, all others are ReLU.
  ///
  /// @param weight where its weight begins in the flat tensor of all parameters, in elements
  /// @param bias where its bias begins
  public record Layer(Degrees degrees, int weight, int bias) {}

  public MadeLoop {
    layers = List.copyOf(layers);
  }
}
