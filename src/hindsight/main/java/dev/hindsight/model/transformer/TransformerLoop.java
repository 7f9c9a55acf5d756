package dev.hindsight.model.transformer;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Reads;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.nn.Residual;
import dev.hindsight.nn.TransformerBlock;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A pixel of a transformer: two phases a block, for attention and the perceptron, each with its
/// part of what it adds to the stream.
final class TransformerLoop {
  private TransformerLoop() {}

  static PixelLoop of(
      Backend backend,
      Sampling sampling,
      Scope scope,
      Transformer model,
      int images,
      @Nullable Tensor labels) {
    Tensor embedded = scope.floats(1, images, model.config().width());
    var stream = new Residual(embedded, null, null);
    List<Phase> phases = new ArrayList<>();
    for (TransformerBlock block : model.blocks()) {
      stream = block.phases(sampling, scope, model.shape().pixels(), stream, phases);
    }
    Term head = stream.into(model.head().weight().value(), model.norm(), null);
    Embedding embedding = model.embedding().looped();
    if (labels != null) {
      Tensor start = model.start().ofImages(backend, scope, labels);
      embedding = new Embedding(embedding.position(), embedding.table(), start);
    }
    var first =
        new First(Reads.TAPS, Span.PIXEL, List.of(), null, embedding, Finish.PLAIN, embedded);
    Tensor b = model.classBias().bias(backend, scope, model.head().bias().value(), labels);
    Logit logit = new Logit(List.of(head), b, first);
    phases.addFirst(new Phase(When.DRAW, List.of(logit)));
    return new PixelLoop(phases, model.shape());
  }
}
