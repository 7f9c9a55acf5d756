package dev.hindsight.ops;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The ops of one step in the order they ran, each with its hand-written backward. Gradients of a
/// tensor that several ops read are summed here, so models never route them by hand.
///
/// A tensor has a gradient when it is bound (a parameter) or was made by an op on this tape; input
/// pixels have none, unless somebody binds them, and backward skips them.
public final class Tape {
  /// The way back of a loss.
  @FunctionalInterface
  public interface LossBackward {
    /// Adds the gradient of `scale`·Σ nll to those of what the loss has read.
    void run(Tape tape, float scale);
  }

  private record Step(Tensor y, Backward backward) {}

  /// A gradient and, shared with those of other shapes of the same tensor, whether it is fresh.
  private record Sum(Tensor tensor, AtomicBoolean fresh) {
    static Sum of(Tensor tensor) {
      return new Sum(tensor, new AtomicBoolean());
    }
  }

  private record Loss(long targets, LossBackward backward) {}

  /// The way back of an op.
  @FunctionalInterface
  public interface Backward {
    /// Adds to the gradients of what the op has read.
    ///
    /// @param tape has those gradients, see [#grad]
    /// @param dy dL/dy, whole: nothing is added to it any more
    void run(Tape tape, Tensor dy);
  }

  private final Scope scope;
  private final List<Step> steps = new ArrayList<>();
  private final IdentityHashMap<Tensor, Loss> losses = new IdentityHashMap<>();
  private final IdentityHashMap<Tensor, Sum> sums = new IdentityHashMap<>();
  private final Set<Tensor> made = Collections.newSetFromMap(new IdentityHashMap<>());

  private @Nullable Tensor draw;
  private long uniforms;
  private int part;
  private int parts = 1;

  public Tape(Scope scope) {
    this.scope = scope;
  }

  /// Gradients of `w` are added to `dw`, which lives longer than the step.
  public void bind(Tensor w, Tensor dw) {
    sums.put(w, Sum.of(dw));
  }

  /// Says where the random numbers of this step come from (6, see [dev.hindsight.backend.Draw]);
  /// only steps that drop something need it.
  public void drawFrom(Tensor tensor) {
    Fit.requireType("tape", "draw", tensor, ElementType.INT32);
    draw = tensor;
  }

  /// Says that this step sees but one of several equal parts of a batch: its loss counts as a part
  /// of the whole batch's mean, and its random numbers are those that its images have in any cut.
  ///
  /// @param part from 0
  /// @param parts a power of two, so that dividing by it rounds nothing
  public void seesPart(int part, int parts) {
    this.part = part;
    this.parts = parts;
  }

  Tensor draw() {
    if (draw == null) {
      throw new IllegalStateException("tape: dropout needs random numbers; call drawFrom first");
    }
    return draw;
  }

  /// The place of the next `count` numbers of this step, which no other op gets.
  long takeUniforms(long count) {
    long each = (count + 3) / 4 * 4;
    long first = uniforms + part * each;
    uniforms += parts * each;
    return first;
  }

  /// Records that an op made `y`. On the way back `backward` gets dL/dy, if anything adds to it,
  /// and adds to the gradients of what the op has read. [Ops#record] does so where there is a tape.
  public void push(Tensor y, Backward backward) {
    made.add(y);
    steps.add(new Step(y, backward));
  }

  /// Records that `nll` is a loss, of so many predicted values.
  public void pushLoss(Tensor nll, long targets, LossBackward backward) {
    losses.put(nll, new Loss(targets, backward));
  }

  /// Adds `dy` to the gradient of `x`, as a residual path does: `dy` becomes that gradient itself,
  /// to which other ops then add, unless `x` has one already. Afterwards the op may still read dy
  /// until it adds to the gradient of `x`.
  public void pass(Backend backend, Tensor dy, Tensor x) {
    if (!sums.containsKey(x) && made.contains(x)) {
      sums.put(x, Sum.of(dy));
    } else {
      add(backend, dy, x);
    }
  }

  /// Adds `dy` to the gradient of `x`, if `x` needs one.
  void add(Backend backend, Tensor dy, Tensor x) {
    Gradient dx = gradient(x);
    if (dx == null) {
      return;
    }
    if (dx.fresh()) {
      backend.copy(dy, dx.tensor());
    } else {
      backend.add().accumulate(dy, dx.tensor());
    }
  }

  /// `y` is `x` in another shape, so the gradient of the one is that of the other.
  void alias(Tensor x, Tensor y) {
    Sum dx = sum(x);
    if (dx != null) {
      sums.put(y, new Sum(dx.tensor().part(0, y.shape()), dx.fresh()));
    }
  }

  /// Where the gradient of `x` accumulates: what others have added, or zeros; null when `x` needs
  /// none. For an op to add to, right away: it is asked for on the way back, not before.
  public @Nullable Tensor grad(Tensor x) {
    Gradient dx = gradient(x);
    if (dx == null) {
      return null;
    }
    if (dx.fresh()) {
      scope.clear(dx.tensor());
    }
    return dx.tensor();
  }

  /// The same, for an op that overwrites a fresh one, all of it: that saves the zeros and the
  /// reading of them.
  public @Nullable Gradient gradient(Tensor x) {
    Sum dx = sum(x);
    return dx == null ? null : new Gradient(dx.tensor(), dx.fresh().getAndSet(false));
  }

  /// Lets an op add to the gradient of `x`, if it needs one; see [#gradient].
  public void into(Tensor x, Consumer<Gradient> add) {
    Gradient dx = gradient(x);
    if (dx != null) {
      add.accept(dx);
    }
  }

  /// Those of a layer's input, weights and bias, if it has one.
  public Gradients gradients(Tensor x, Tensor w, @Nullable Tensor b) {
    return new Gradients(gradient(x), grad(w), b == null ? null : grad(b));
  }

  /// Whether `x` has a gradient, so that an op that pixels usually go into has a way back at all.
  boolean reaches(Tensor x) {
    return sums.containsKey(x) || made.contains(x);
  }

  private @Nullable Sum sum(Tensor x) {
    if (!sums.containsKey(x) && made.contains(x)) {
      sums.put(x, new Sum(scope.tensor(x.type(), x.shape().dims()), new AtomicBoolean(true)));
    }
    return sums.get(x);
  }

  /// Runs every op backwards, from a loss.
  ///
  /// What is made smaller is the mean over all predicted values (pixels, or symbols of a sequence),
  /// as PyTorch's cross-entropies have it; this is the one place that says so.
  ///
  /// @param nll what [Ops#sigmoidCrossEntropy] or another loss gave on this tape
  /// @throws IllegalArgumentException when `nll` is no loss of this tape
  public void backward(Tensor nll) {
    Loss loss = losses.get(nll);
    if (loss == null) {
      throw new IllegalArgumentException(
          "tape: backward wants a loss of this tape but got %s; give what a cross-entropy returned"
              .formatted(nll.shape()));
    }
    loss.backward().run(this, 1f / loss.targets() / parts);
    runBackwards();
  }

  /// Runs every op backwards, from any tensor.
  ///
  /// @param dy dL/dy, which an op may overwrite
  public void backward(Tensor y, Tensor dy) {
    sums.put(y, Sum.of(dy));
    runBackwards();
  }

  private void runBackwards() {
    for (Step step : steps.reversed()) {
      Sum dy = sums.get(step.y());
      if (dy != null && !dy.fresh().get()) {
        step.backward().run(this, dy.tensor());
      }
    }
  }
}
