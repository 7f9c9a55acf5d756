package dev.hindsight.model.transformer;

import dev.hindsight.backend.PixelLoop;
import dev.hindsight.backend.PixelLoop.Finish;
import dev.hindsight.backend.PixelLoop.First;
import dev.hindsight.backend.PixelLoop.Input;
import dev.hindsight.backend.PixelLoop.Logit;
import dev.hindsight.backend.PixelLoop.Phase;
import dev.hindsight.backend.PixelLoop.Reads;
import dev.hindsight.backend.PixelLoop.Span;
import dev.hindsight.backend.PixelLoop.Term;
import dev.hindsight.backend.PixelLoop.When;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.nn.TransformerBlock;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// A pixel of a transformer: four phases a block, for attention, its projection, and the two layers
/// of the perceptron.
final class TransformerLoop {
  private TransformerLoop() {}

  static PixelLoop of(Scope scope, Transformer model, int images) {
    int width = model.config().width();
    Tensor embedded = scope.floats(1, images, width);
    Tensor x = embedded;
    List<Phase> phases = new ArrayList<>();
    for (TransformerBlock block : model.blocks()) {
      Tensor y = scope.floats(1, images, width);
      phases.addAll(block.phases(scope, AutoregressiveModel.PIXELS, x, y));
      x = y;
    }
    Term head = model.head().term(x).of(x, Input.of(model.norm().norm()));
    Tensor position = model.position().value();
    Tensor table = model.table().value();
    var first =
        new First(Reads.EMBEDDING, Span.PIXEL, List.of(), position, table, Finish.PLAIN, embedded);
    Logit logit = new Logit(List.of(head), model.head().bias().value(), first);
    phases.addFirst(new Phase(When.DRAW, List.of(logit)));
    return new PixelLoop(phases, AutoregressiveModel.SIDE);
  }
}
