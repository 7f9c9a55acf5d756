package dev.hindsight.ops;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What an op is written with: what computes, where results go, and what is kept for backward.
public abstract sealed class OpContext permits Ops {
  private final Backend backend;
  private final Scope scope;
  private final @Nullable Tape tape;
  private final @Nullable Structure structure;

  OpContext(Backend backend, Scope scope, @Nullable Tape tape, @Nullable Structure structure) {
    this.backend = backend;
    this.scope = scope;
    this.tape = tape;
    this.structure = structure;
  }

  /// What computes.
  public Backend backend() {
    return backend;
  }

  /// Where results lie.
  public Scope scope() {
    return scope;
  }

  /// What records; null in inference.
  public @Nullable Tape tape() {
    return tape;
  }

  /// Room for a result: activations have the type of those that they follow from, so the pixels
  /// decide. All ops ask here; only statistics are fp32 whatever they are of.
  public Tensor like(Tensor x, Shape shape) {
    return scope.tensor(x.type(), shape.dims());
  }

  /// The same of x's shape.
  public Tensor like(Tensor x) {
    return like(x, x.shape());
  }

  /// What an op multiplies and reads, for a pass over shapes alone. An op of one's own that does
  /// not say so counts for nothing, and what a model sees behind it has to be measured.
  public void structure(Consumer<Structure> says) {
    if (structure != null) {
      says.accept(structure);
    }
  }

  /// The end of an op: on a tape, `backward` will get dL/dy and adds to the gradients of what the
  /// op has read. Without a tape it is forgotten.
  ///
  /// @return y
  public Tensor record(Tensor y, Tape.Backward backward) {
    structure(s -> s.made(y));
    if (tape != null) {
      tape.push(y, backward);
    }
    return y;
  }

  /// The end of a loss: on a tape, [Tape#backward(Tensor)] will begin with it.
  ///
  /// @param nll what is lost by each row, of any shape
  /// @param targets how many values were predicted, over which the mean is taken
  public Tensor recordLoss(Tensor nll, long targets, Tape.LossBackward backward) {
    if (tape != null) {
      tape.pushLoss(nll, targets, backward);
    }
    return nll;
  }
}
