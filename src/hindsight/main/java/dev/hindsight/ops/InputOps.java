package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Inputs;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// How sequence models read pixels, checked and differentiable; [Ops] names its functions.
final class InputOps {
  private final Inputs backend;
  private final Scope scope;
  private final @Nullable Tape tape;

  InputOps(Backend backend, Scope scope, @Nullable Tape tape) {
    this.backend = backend.inputs();
    this.scope = scope;
    this.tape = tape;
  }

  Tensor embedPrevious(Tensor pixels, Tensor table, Tensor position) {
    requireEmbedding("embedPrevious", pixels, table, position);
    Tensor y = scope.floats(pixels.rows(), pixels.channels(), table.channels());
    backend.embedPrevious(pixels, table, position, y);
    if (tape != null) {
      Tape t = tape;
      t.push(y, dy -> backend.embedPreviousBackward(pixels, dy, t.grad(table), t.grad(position)));
    }
    return y;
  }

  Tensor embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position) {
    requireEmbedding("embedPreviousAt", pixels, table, position);
    require(
        0 <= t && t < pixels.channels(),
        "embedPreviousAt: place %d is not in 0 to %d",
        t,
        pixels.channels() - 1);
    Tensor y = scope.floats(pixels.rows(), table.channels());
    backend.embedPreviousAt(pixels, t, table, position, y);
    return y;
  }

  private static void requireEmbedding(String op, Tensor pixels, Tensor table, Tensor position) {
    Ops.requireElements(op, pixels);
    Ops.requireElements(op, table);
    require(
        table.shape().rank() == 2
            && position.shape().rank() == 2
            && position.dim(0) == pixels.channels()
            && position.channels() == table.channels(),
        "%s: pixels %s need table (V, C) and position (%d, C) but they are %s and %s",
        op,
        pixels.shape(),
        pixels.channels(),
        table.shape(),
        position.shape());
  }
}
