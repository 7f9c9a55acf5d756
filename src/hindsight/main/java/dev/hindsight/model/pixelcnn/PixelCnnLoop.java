package dev.hindsight.model.pixelcnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Norm;
import dev.hindsight.backend.draw.PixelLoop.Reads;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.model.pixelcnn.PixelCnn.Block;
import dev.hindsight.model.pixelcnn.PixelCnn.Layer;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.nn.PixelPhases;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;
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
    MaskedConv2d conv = model.first();
    Tensor bias = conv.bias().value();
    List<Term> taps = conv.terms(start, model.shape().width(), down -> true);
    @Nullable Embedding embedding = model.embedding() == null ? null : model.embedding().looped();
    var first = new First(Reads.TAPS, Span.PIXEL, taps, bias, embedding, Finish.PLAIN, start);
    return phases.loop(new Logit(List.of(model.output().term(hidden)), b, first));
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
