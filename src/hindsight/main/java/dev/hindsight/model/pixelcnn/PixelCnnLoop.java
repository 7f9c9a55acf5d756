package dev.hindsight.model.pixelcnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Norm;
import dev.hindsight.model.pixelcnn.PixelCnn.Block;
import dev.hindsight.model.pixelcnn.PixelCnn.Layer;
import dev.hindsight.nn.PixelPhases;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A pixel of a PixelCNN, one phase a convolution.
final class PixelCnnLoop {
  private final PixelPhases phases;

  private PixelCnnLoop(PixelPhases phases) {
    this.phases = phases;
  }

  static PixelLoop of(
      Backend backend, Scope scope, PixelCnn model, int images, @Nullable Tensor labels) {
    return new PixelCnnLoop(new PixelPhases(backend, scope, model.shape(), images, labels))
        .loop(model);
  }

  private PixelLoop loop(PixelCnn model) {
    int channels = model.config().filters();
    Tensor start = phases.pixel(channels);
    Tensor x = start;
    for (Layer layer : model.layers()) {
      Tensor seen = phases.ring(layer.conv(), channels);
      Norm norm = layer.norm().norm();
      Input input = new Input(null, norm, true, null, seen);
      x = phases.convolve(layer.conv(), layer.classes(), seen, input, x, Finish.PLAIN);
    }
    for (Block block : model.blocks()) {
      x = add(block, x);
    }
    Tensor hidden = phases.pixel(channels);
    phases.convolve(model.hidden(), x, Input.RELU, null, Finish.RELU, hidden);
    Tensor b = phases.bias(model.output().bias(), model.classBias());
    return phases.loop(model.output().term(hidden), b, model.first(), model.embedding(), start);
  }

  /// x plus what the block makes of it.
  private Tensor add(Block block, Tensor x) {
    int half = block.down().bias().value().channels();
    Tensor seen = phases.ring(block.conv(), half);
    phases.convolve(block.down(), x, Input.RELU, null, Finish.RELU, seen);
    Tensor between =
        phases.convolve(block.conv(), block.classes(), seen, Input.AS_IT_IS, seen, Finish.RELU);
    Tensor y = phases.pixel(x.channels());
    return phases.convolve(block.up(), between, Input.AS_IT_IS, x, Finish.PLAIN, y);
  }
}
