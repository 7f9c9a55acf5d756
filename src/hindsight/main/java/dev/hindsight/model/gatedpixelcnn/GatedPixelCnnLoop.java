package dev.hindsight.model.gatedpixelcnn;

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
import dev.hindsight.backend.draw.PixelLoop.Squash;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnn.Block;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A pixel of a Gated PixelCNN: two phases a block of the horizontal stack, and when a row begins
/// two a block of the vertical stack, for the row above.
final class GatedPixelCnnLoop {
  private final Backend backend;
  private final Scope scope;
  private final GatedPixelCnn model;
  private final @Nullable Tensor labels;
  private final int images;
  private final int width;
  private final int channels;
  private final int kept;
  private final List<Phase> rows = new ArrayList<>();
  private final List<Phase> pixels = new ArrayList<>();

  private GatedPixelCnnLoop(
      Backend backend, Scope scope, GatedPixelCnn model, int images, @Nullable Tensor labels) {
    this.backend = backend;
    this.scope = scope;
    this.model = model;
    this.labels = labels;
    this.images = images;
    this.width = model.shape().width();
    this.channels = model.config().filters();
    this.kept = width * (model.config().kernel() / 2 + 1);
  }

  static PixelLoop of(
      Backend backend, Scope scope, GatedPixelCnn model, int images, @Nullable Tensor labels) {
    return new GatedPixelCnnLoop(backend, scope, model, images, labels).loop();
  }

  private PixelLoop loop() {
    List<Block> blocks = model.blocks();
    Tensor v = ring(kept, channels);
    Tensor h = ring(width, channels);
    First firstH = first(model.firstH(), Span.PIXEL, h);
    rows.add(new Phase(When.ROW, List.of(first(model.firstV(), Span.ROW_ABOVE, v))));
    @Nullable Tensor skipped = null;
    Tensor x = h; // what comes in, before the norm
    @Nullable Norm norm = null;
    for (int n = 0; n < blocks.size(); n++) {
      Block block = blocks.get(n);
      @Nullable Tensor nextV = n < blocks.size() - 1 ? ring(kept, channels) : null;
      Tensor vertical = lookDown(block, v, nextV);
      Tensor next = ring(1, channels);
      skipped = across(block, h, x, norm, vertical, skipped, next);
      x = next;
      norm = block.hNorm().norm();
      h = ring(width, channels);
      v = nextV == null ? v : nextV;
    }
    Tensor end = ring(kept, channels);
    List<Term> terms = model.output().terms(end, width, down -> true);
    terms.set(0, terms.getFirst().of(x, new Input(null, norm, false, skipped, end)));
    Tensor b = model.classBias().bias(backend, scope, model.output().bias().value(), labels);
    List<Phase> phases = new ArrayList<>();
    phases.add(new Phase(When.DRAW, List.of(new Logit(terms, b, firstH))));
    phases.addAll(rows);
    phases.addAll(pixels);
    return new PixelLoop(phases, model.shape());
  }

  private First first(MaskedConv2d conv, Span span, Tensor y) {
    Tensor b = conv.bias().value();
    List<Term> terms = conv.terms(y, width, down -> true);
    @Nullable Embedding embedding = model.embedding() == null ? null : model.embedding().looped();
    return new First(Reads.TAPS, span, terms, b, embedding, Finish.RELU, y);
  }

  /// The vertical stack over the row above: what it says about the row that begins.
  ///
  /// @param next what the next block reads, where there is one
  private Tensor lookDown(Block block, Tensor v, @Nullable Tensor next) {
    Tensor above = ring(width, 2 * channels);
    // Nothing is above the first row, and it gets nothing.
    Tensor vertical = scope.zeros(width, images, 2 * channels);
    List<Term> taps = block.v().terms(v, width, down -> true);
    rows.add(new Phase(When.ROW, List.of(row(taps, bias(block.classV()), above))));
    List<Step> after = new ArrayList<>();
    Term tap = block.vToH().terms(above, width, down -> true).getFirst();
    after.add(row(List.of(Term.now(tap.w(), above)), null, vertical));
    if (next != null) {
      after.add(new Squash(Span.ROW_ABOVE, above, block.vNorm().norm(), next));
    }
    rows.add(new Phase(When.ROW, after));
    return vertical;
  }

  private static Product row(List<Term> terms, @Nullable Tensor b, Tensor y) {
    return new Product(Span.ROW_ABOVE, terms, b, null, Finish.PLAIN, y);
  }

  /// What the class of each image adds before a gate, where nothing else does.
  private @Nullable Tensor bias(ClassBias classes) {
    return labels == null ? null : classes.ofImages(backend, scope, labels);
  }

  /// A block of the horizontal stack; returns what has been said to the output.
  ///
  /// @param h ring that it reads
  /// @param x its entry of the pixel at hand, before the norm, which is null where it is h
  private @Nullable Tensor across(
      Block block,
      Tensor h,
      Tensor x,
      @Nullable Norm norm,
      Tensor vertical,
      @Nullable Tensor skipped,
      Tensor y) {
    Tensor gate = ring(1, channels);
    List<Term> terms = block.h().terms(h, width, down -> true);
    if (norm != null) {
      terms.set(0, terms.getFirst().of(x, new Input(null, norm, true, null, h)));
    }
    pixels.add(
        phase(new Product(Span.PIXEL, terms, bias(block.classH()), vertical, Finish.GATE, gate)));
    List<Term> mixed = List.of(block.hToH().term(gate));
    Step mix = new Product(Span.PIXEL, mixed, null, h, Finish.PLAIN, y);
    if (block.skip() == null) {
      pixels.add(phase(mix));
      return null;
    }
    Tensor said = skipped == null ? ring(1, channels) : skipped;
    Tensor b = block.skip().bias().value();
    List<Term> skip = List.of(block.skip().term(gate));
    pixels.add(phase(mix, new Product(Span.PIXEL, skip, b, skipped, Finish.PLAIN, said)));
    return said;
  }

  private static Phase phase(Step... steps) {
    return new Phase(When.PIXEL, List.of(steps));
  }

  private Tensor ring(int slots, int channels) {
    return scope.floats(slots, images, channels);
  }
}
