package dev.hindsight.sample;

import static dev.hindsight.backend.Activation.IDENTITY;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Attend;
import dev.hindsight.backend.draw.PixelLoop.Cell;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Perceptron;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Reads;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Squash;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ChannelHead;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Follows a model's [PixelLoop] by the ops of a backend, whichever that is. Each pixel of a layer
/// is computed once, so all together cost about one forward pass.
final class PixelLoopSampler extends Sampler {
  private final Backend backend;
  private final PixelLoopModel model;
  private final ImageShape shape;
  private final PixelLoop loop;
  private final int width;
  private final int images;
  private final List<Work> works = new ArrayList<>();
  private final @Nullable Tensor ofPixels; // (T,N,C), what first layers read of each
  private final @Nullable RingViews ofPixel;
  private final @Nullable ScaledPixel read;
  private final Tensor last; // (1,N,P), what the last layer makes of the pixel at hand
  private final PixelOutputs outputs;

  /// What is done of a pixel, or of the row that begins with it.
  @FunctionalInterface
  private interface Work {
    void at(int pixel);
  }

  PixelLoopSampler(
      Backend backend,
      Scope scope,
      PixelLoopModel model,
      Request request,
      @Nullable Tensor labels) {
    super(backend, scope, model, request);
    this.model = model;
    this.shape = model.shape();
    this.backend = backend;
    this.images = request.count();
    this.loop = model.loop(backend, Sampling.NONE, scope, images, labels);
    this.width = loop.width();
    Logit logit = loop.logit();
    First first = logit.first();
    this.ofPixels =
        first.terms().isEmpty()
            ? null
            : first.reads() == Reads.TAPS
                ? scope.floats(shape.pixels(), images, shape.channels())
                : places();
    this.ofPixel = ofPixels == null ? null : RingViews.of(ofPixels, Span.PIXEL, width);
    this.read = ofPixels == null ? null : new ScaledPixel(backend, scope, shape, pixels);
    this.last = scope.floats(1, images, logit.b().channels());
    works.add(work(first));
    for (Phase phase : loop.phases().subList(1, loop.phases().size())) {
      works.add(work(phase));
    }
    works.add(work(logit));
    Tensor row = last.part(0, Shape.of(images, last.channels()));
    this.outputs = new PixelOutputs(backend, scope, model, pixels, logits, row);
  }

  private Work work(Phase phase) {
    List<Work> steps = phase.steps().stream().map(this::work).toList();
    boolean back = phase.when() == When.BACK;
    return pixel -> {
      if (PixelLoop.isDue(phase.when(), pixel, width)) {
        for (int q = back ? pixel - 1 : pixel; q >= (back ? pixel - width : pixel); q--) {
          for (int n = 0; n < steps.size(); n++) {
            steps.get(n).at(q);
          }
        }
      }
    };
  }

  private Work work(Step step) {
    return switch (step) {
      case Product product -> {
        var sum = new PixelSum(backend, scope, width, product);
        int shift = shift(product.span());
        yield pixel -> sum.run(pixel + shift);
      }
      case Logit logit -> {
        var product = new Product(Span.PIXEL, logit.terms(), logit.b(), null, Finish.PLAIN, last);
        var sum = new PixelSum(backend, scope, width, product);
        yield sum::run;
      }
      case First first -> {
        List<Term> terms = first.terms().stream().map(this::ofPixels).toList();
        var product = new Product(first.span(), terms, first.b(), null, first.finish(), first.y());
        var sum = new PixelSum(backend, scope, width, product, first.embedding(), pixels);
        int shift = shift(first.span());
        yield pixel -> sum.run(pixel + shift);
      }
      case Squash squash -> squash(squash);
      case Cell cell -> cell(cell);
      case Attend attend -> attend(attend);
      case Perceptron perceptron -> perceptron(perceptron);
    };
  }

  private int shift(Span span) {
    return span == Span.ROW_ABOVE ? -width : 0;
  }

  private Work squash(Squash squash) {
    int shift = shift(squash.span());
    RingViews x = RingViews.of(squash.x(), squash.span(), width);
    RingViews y = RingViews.of(squash.y(), squash.span(), width);
    Tensor gated = scope.floats(y.at(0).shape().dims());
    Tensor mean = scope.floats(gated.rows());
    Tensor rstd = scope.floats(gated.rows());
    Tensor gain = squash.norm().gain();
    Tensor bias = squash.norm().bias();
    return pixel -> {
      backend.gate().forward(x.at(pixel + shift), gated);
      backend.layerNorm().forward(gated, gain, bias, true, y.at(pixel + shift), mean, rstd);
    };
  }

  private Work cell(Cell cell) {
    RingViews gates = RingViews.of(cell.gates(), Span.PIXEL, width);
    RingViews c = RingViews.of(cell.c(), Span.PIXEL, width);
    RingViews h = RingViews.of(cell.h(), Span.PIXEL, width);
    return pixel -> {
      Tensor before = cell.continues(pixel, width) ? c.at(pixel - cell.back()) : null;
      backend.lstmCell().forward(gates.at(pixel), null, before, c.at(pixel), h.at(pixel));
    };
  }

  private Work attend(Attend attend) {
    var input = new PixelInput(backend, scope, width, Span.PIXEL, attend.qkv());
    Tensor w = attend.qkv().w();
    Tensor row = scope.floats(images, w.dim(0));
    Tensor seen = scope.floats(images, attend.projection().channels());
    Tensor y = attend.y().part(0, seen.shape()); // all heads' parts in one
    return pixel -> {
      backend.linear().forward(input.at(pixel), w, attend.b(), IDENTITY, row);
      backend
          .causalAttention()
          .attendStep(row, attend.heads(), pixel, attend.keys(), attend.values(), seen);
      backend.linear().forward(seen, attend.projection(), null, IDENTITY, y);
    };
  }

  private Work perceptron(Perceptron perceptron) {
    var input = new PixelInput(backend, scope, width, Span.PIXEL, perceptron.up());
    Tensor w = perceptron.up().w();
    Tensor hidden = scope.floats(images, w.dim(0));
    Tensor y = perceptron.y().part(0, Shape.of(images, w.channels()));
    return pixel -> {
      backend.linear().linearGelu(input.at(pixel), w, perceptron.b(), null, hidden);
      backend.linear().forward(hidden, perceptron.down(), null, IDENTITY, y);
    };
  }

  /// A first layer's term, of what it reads of each pixel.
  private Term ofPixels(Term term) {
    Tensor ring = Objects.requireNonNull(ofPixels);
    return new Term(term.w(), ring, term.back(), term.right(), term.sequence(), term.input());
  }

  /// Values, row and column of each pixel but the last; values are put in one by one.
  private Tensor places() {
    int length = shape.pixels();
    int channels = shape.channels() + 2;
    Tensor byImage = scope.floats(images, length, channels);
    Tensor byPixel = scope.floats(length, images, channels);
    backend.previousPixel().forward(pixels, width, byImage);
    backend.swapAxes().forward(byImage, byPixel);
    return byPixel.part((long) channels * images, Shape.of(length - 1, images, channels));
  }

  @Override
  protected void computeLogits(int value) {
    if (shape.channel(value) == 0) {
      compute(shape.pixel(value));
    }
    outputs.write(value);
  }

  private void compute(int pixel) {
    if (read != null && ofPixel != null && pixel > 0) {
      read.into(pixel - 1, ofPixel.at(pixel - 1));
    }
    for (int n = 0; n < works.size(); n++) {
      works.get(n).at(pixel);
    }
  }

  /// A row and what lies below its beginning, each from what was written before it.
  @Override
  protected IntStream rehearsed() {
    return IntStream.range(0, Math.min(width + 1, shape.pixels()) * shape.channels());
  }

  @Override
  public long multiplyAddsPerImage() {
    ChannelHead head = model.channelHead();
    return loop.multiplyAdds() + (head == null ? 0 : shape.pixels() * head.multiplyAdds());
  }
}
