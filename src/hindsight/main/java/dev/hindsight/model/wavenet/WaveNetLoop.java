package dev.hindsight.model.wavenet;

import static dev.hindsight.backend.Activation.IDENTITY;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Reads;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A pixel of a WaveNet, two phases a block, which has two products of which one waits for the
/// other: its gate's for x = x' + m + M·g', where x' and g' are input and gate of the block before.
///
/// Where phases are dear it is one. Since W·x = W·x' + W·m + (W·M)·g', both products can start from
/// x' and g', as soon as these are there, once W·M and W·m are multiplied out, which is done once
/// for a batch of images. So a phase computes x, for the block's ring and the next phase, and
/// beside it the gate. The logit is the same with the output's weights for W.
final class WaveNetLoop {
  private final Backend backend;
  private final boolean out; // multiplied
  private final Scope scope;
  private final WaveNet model;
  private final @Nullable Tensor labels;
  private final List<Tensor> rings = new ArrayList<>(); // what each block reads
  private final List<Tensor> gates; // by turns: a phase writes one and reads the other

  private WaveNetLoop(
      Backend backend,
      Sampling sampling,
      Scope scope,
      WaveNet model,
      int images,
      @Nullable Tensor labels) {
    this.backend = backend;
    this.out = sampling.multipliesOut();
    this.scope = scope;
    this.model = model;
    this.labels = labels;
    int channels = model.first().outputs();
    for (WaveNet.Block block : model.blocks()) {
      rings.add(scope.floats(block.dilated().dilation() + 1, images, channels));
    }
    if (!out) {
      rings.add(scope.floats(1, images, channels));
    }
    gates = List.of(scope.floats(1, images, channels), scope.floats(1, images, channels));
  }

  static PixelLoop of(
      Backend backend,
      Sampling sampling,
      Scope scope,
      WaveNet model,
      int images,
      @Nullable Tensor labels) {
    return new WaveNetLoop(backend, sampling, scope, model, images, labels).loop();
  }

  private PixelLoop loop() {
    int blocks = model.blocks().size();
    List<Phase> phases = new ArrayList<>();
    List<Term> terms = behind(blocks, model.output());
    Tensor b = bias(blocks, model.output(), model.classBias());
    phases.add(new Phase(When.DRAW, List.of(new Logit(terms, b, first()))));
    for (int l = 0; l < blocks; l++) {
      if (out) {
        phases.add(new Phase(When.PIXEL, l == 0 ? List.of(gate(l)) : List.of(gate(l), mix(l - 1))));
      } else {
        phases.add(new Phase(When.PIXEL, List.of(gate(l))));
        phases.add(new Phase(When.PIXEL, List.of(mix(l))));
      }
    }
    return new PixelLoop(phases, model.shape());
  }

  private First first() {
    CausalConv1d first = model.first();
    Tensor y = rings.getFirst();
    List<Term> terms = List.of(Term.past(first.tap(0), y, 1), Term.past(first.tap(1), y, 2));
    Tensor b = first.bias().value();
    @Nullable Embedding embedding = model.embedding() == null ? null : model.embedding().looped();
    return new First(Reads.PLACES, Span.PIXEL, terms, b, embedding, Finish.PLAIN, y);
  }

  private Step gate(int l) {
    WaveNet.Block block = model.blocks().get(l);
    CausalConv1d dilated = block.dilated();
    List<Term> terms = new ArrayList<>(behind(l, dilated));
    terms.add(Term.past(dilated.tap(1), rings.get(l), dilated.dilation()));
    Tensor b = bias(l, dilated, block.classes());
    return product(terms, b, null, Finish.GATE, gates.get(l % 2));
  }

  /// The input of the block behind block `l`.
  private Step mix(int l) {
    CausalConv1d mix = model.blocks().get(l).mix();
    List<Term> terms = List.of(Term.now(mix.tap(0), gates.get(l % 2)));
    return product(terms, mix.bias().value(), rings.get(l), Finish.PLAIN, rings.get(l + 1));
  }

  private static Product product(
      List<Term> terms, Tensor b, @Nullable Tensor add, Finish finish, Tensor y) {
    return new Product(Span.PIXEL, terms, b, add, finish, y);
  }

  /// W·x of what blocks `.. l - 1` make, for the present tap of a convolution.
  private List<Term> behind(int l, CausalConv1d conv) {
    Tensor w = conv.tap(0);
    if (l == 0 || !out) {
      return List.of(Term.now(w, rings.get(l)));
    }
    CausalConv1d mix = model.blocks().get(l - 1).mix();
    Tensor through = scope.floats(w.shape().dims());
    Gradient fresh = new Gradient(through, true);
    // dx = dy·w is the product of two matrices.
    backend
        .linear()
        .backward(through, mix.tap(0), IDENTITY, w, w, new Gradients(fresh, null, null));
    return List.of(Term.now(w, rings.get(l - 1)), Term.now(through, gates.get((l + 1) % 2)));
  }

  private Tensor bias(int l, CausalConv1d conv, ClassBias classes) {
    return classes.bias(backend, scope, bias(l, conv), labels);
  }

  /// b + W·m
  private Tensor bias(int l, CausalConv1d conv) {
    Tensor b = conv.bias().value();
    if (l == 0 || !out) {
      return b;
    }
    Tensor m = model.blocks().get(l - 1).mix().bias().value();
    Tensor sum = scope.floats(b.channels());
    Tensor row = m.part(0, Shape.of(1, m.channels()));
    Tensor to = sum.part(0, Shape.of(1, b.channels()));
    backend.linear().forward(row, conv.tap(0), b, IDENTITY, to);
    return sum;
  }
}
