package dev.hindsight.model.pixelcnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Norm;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Reads;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.model.pixelcnn.PixelCnn.Block;
import dev.hindsight.model.pixelcnn.PixelCnn.Layer;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.Conv1x1;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.nn.Parameter;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A pixel of a PixelCNN, one phase a convolution. What the taps in the rows above say is summed up
/// for all of a row at once when it begins, by all layers at the same time; a pixel then adds those
/// to its left and its own.
final class PixelCnnLoop {
  private final Backend backend;
  private final Scope scope;
  private final int images;
  private final @Nullable Tensor labels;
  private final int width;
  private final List<Step> above = new ArrayList<>();
  private final List<Phase> phases = new ArrayList<>();

  private PixelCnnLoop(
      Backend backend, Scope scope, int width, int images, @Nullable Tensor labels) {
    this.backend = backend;
    this.scope = scope;
    this.width = width;
    this.images = images;
    this.labels = labels;
  }

  static PixelLoop of(
      Backend backend, Scope scope, PixelCnn model, int images, @Nullable Tensor labels) {
    return new PixelCnnLoop(backend, scope, model.shape().width(), images, labels).loop(model);
  }

  private PixelLoop loop(PixelCnn model) {
    int channels = model.config().filters();
    Tensor start = pixel(channels);
    Tensor x = start;
    for (Layer layer : model.layers()) {
      Tensor seen = ring(layer.conv(), channels);
      Norm norm = layer.norm().norm();
      Input input = new Input(null, norm, true, null, seen);
      x = convolve(layer.conv(), layer.classes(), seen, input, x, Finish.PLAIN);
    }
    for (Block block : model.blocks()) {
      x = add(block, x);
    }
    Tensor hidden = pixel(channels);
    phase(product(model.hidden(), x, Input.RELU, null, Finish.RELU, hidden));
    Tensor b = bias(model.output().bias(), model.classBias());
    MaskedConv2d conv = model.first();
    Tensor bias = conv.bias().value();
    List<Term> taps = conv.terms(start, width, down -> true);
    @Nullable Embedding embedding = model.embedding() == null ? null : model.embedding().looped();
    var first = new First(Reads.TAPS, Span.PIXEL, taps, bias, embedding, Finish.PLAIN, start);
    List<Term> terms = List.of(model.output().term(hidden));
    if (!above.isEmpty()) {
      phases.addFirst(new Phase(When.ROW, above));
    }
    phases.addFirst(new Phase(When.DRAW, List.of(new Logit(terms, b, first))));
    return new PixelLoop(phases, model.shape());
  }

  /// x plus what the block makes of it.
  private Tensor add(Block block, Tensor x) {
    int half = block.down().bias().value().channels();
    Tensor seen = ring(block.conv(), half);
    phase(product(block.down(), x, Input.RELU, null, Finish.RELU, seen));
    Tensor between =
        convolve(block.conv(), block.classes(), seen, Input.AS_IT_IS, seen, Finish.RELU);
    Tensor y = pixel(x.channels());
    phase(product(block.up(), between, Input.AS_IT_IS, x, Finish.PLAIN, y));
    return y;
  }

  /// @param seen ring that the convolution reads
  /// @param x its entry of the pixel at hand, before `input`
  private Tensor convolve(
      MaskedConv2d conv, ClassBias classes, Tensor seen, Input input, Tensor x, Finish finish) {
    Tensor b = bias(conv.bias(), classes);
    @Nullable Tensor sums = null;
    List<Term> rows = conv.terms(seen, width, down -> down < 0);
    if (!rows.isEmpty()) {
      sums = scope.zeros(width, images, b.channels()); // nothing is above the first row
      above.add(new Product(Span.ROW, rows, null, null, Finish.PLAIN, sums));
    }
    List<Term> terms = conv.terms(seen, width, down -> down == 0);
    terms.set(0, terms.getFirst().of(x, input));
    Tensor y = pixel(b.channels());
    phase(new Product(Span.PIXEL, terms, b, sums, finish, y));
    return y;
  }

  private Tensor bias(Parameter same, ClassBias classes) {
    return classes.bias(backend, scope, same.value(), labels);
  }

  private static Product product(
      Conv1x1 conv, Tensor x, Input input, @Nullable Tensor add, Finish finish, Tensor y) {
    List<Term> terms = List.of(conv.term(x).of(x, input));
    return new Product(Span.PIXEL, terms, conv.bias().value(), add, finish, y);
  }

  private void phase(Step step) {
    phases.add(new Phase(When.PIXEL, List.of(step)));
  }

  private Tensor pixel(int channels) {
    return scope.floats(1, images, channels);
  }

  /// As many rows as the convolution looks up, and the one at hand where it looks nowhere.
  private Tensor ring(MaskedConv2d conv, int channels) {
    return scope.floats(width * Math.max(1, conv.taps().reach()), images, channels);
  }
}
