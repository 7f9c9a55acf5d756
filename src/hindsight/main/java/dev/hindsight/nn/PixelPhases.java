package dev.hindsight.nn;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Reads;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.image.ImageShape;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The phases of a pixel of a network of masked convolutions, for samplers. What the taps in the
/// rows above add is summed for all of a row at once when it begins, by all layers at the same
/// time; a pixel then adds those to its left and its own.
public final class PixelPhases {
  private final Backend backend;
  private final Scope scope;
  private final ImageShape shape;
  private final int images;
  private final @Nullable Tensor labels;
  private final List<Step> above = new ArrayList<>();
  private final List<Phase> phases = new ArrayList<>();

  public PixelPhases(
      Backend backend, Scope scope, ImageShape shape, int images, @Nullable Tensor labels) {
    this.backend = backend;
    this.scope = scope;
    this.shape = shape;
    this.images = images;
    this.labels = labels;
  }

  /// Of all pixels.
  ///
  /// @param last of the last layer, whose bias is b
  /// @param conv over the image itself, with what is added to it, or null
  /// @param start its result
  public PixelLoop loop(
      Term last, Tensor b, MaskedConv2d conv, @Nullable PixelEmbedding embedding, Tensor start) {
    List<Term> taps = conv.terms(start, shape.width(), down -> true);
    Tensor bias = conv.bias().value();
    @Nullable Embedding added = embedding == null ? null : embedding.looped();
    var first = new First(Reads.TAPS, Span.PIXEL, taps, bias, added, Finish.PLAIN, start);
    List<Phase> all = new ArrayList<>();
    all.add(new Phase(When.DRAW, List.of(new Logit(List.of(last), b, first))));
    if (!above.isEmpty()) {
      all.add(new Phase(When.ROW, above));
    }
    all.addAll(phases);
    return new PixelLoop(all, shape);
  }

  /// A convolution of what a ring holds.
  ///
  /// @param seen ring that it reads
  /// @param x its entry of the pixel at hand, before `input`
  /// @return the pixel's result
  public Tensor convolve(
      MaskedConv2d conv, ClassBias classes, Tensor seen, Input input, Tensor x, Finish finish) {
    int width = shape.width();
    Tensor b = bias(conv.bias(), classes);
    @Nullable Tensor sums = null;
    List<Term> rows = conv.terms(seen, width, down -> down < 0);
    if (!rows.isEmpty()) {
      sums = scope.zeros(width, images, b.channels()); // nothing is above the first row
      above.add(new Product(Span.ROW, rows, null, null, Finish.PLAIN, sums));
    }
    List<Term> terms = conv.terms(seen, width, down -> down == 0);
    terms.set(0, terms.getFirst().of(x, input));
    Tensor y = pixel(finish == Finish.GATE ? b.channels() / 2 : b.channels());
    add(new Product(Span.PIXEL, terms, b, sums, finish, y));
    return y;
  }

  /// A 1 x 1 convolution.
  ///
  /// @param add what it is added to, or null
  /// @return the pixel's result
  public Tensor convolve(
      Conv1x1 conv, Tensor x, Input input, @Nullable Tensor add, Finish finish, Tensor y) {
    List<Term> terms = List.of(conv.term(x).of(x, input));
    add(new Product(Span.PIXEL, terms, conv.bias().value(), add, finish, y));
    return y;
  }

  /// A phase of one step.
  public void add(Step step) {
    phases.add(new Phase(When.PIXEL, List.of(step)));
  }

  /// To which others may be added.
  public List<Phase> phases() {
    return phases;
  }

  /// What a layer adds, with what classes do.
  public Tensor bias(Parameter same, ClassBias classes) {
    return classes.bias(backend, scope, same.value(), labels);
  }

  /// Room for a result of the pixel at hand.
  public Tensor pixel(int channels) {
    return scope.floats(1, images, channels);
  }

  /// As many rows as the convolution looks up, and the one at hand where it looks nowhere.
  public Tensor ring(MaskedConv2d conv, int channels) {
    return scope.floats(shape.width() * Math.max(1, conv.taps().reach()), images, channels);
  }
}
