package dev.hindsight.train;

import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.nn.Piece;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Adam (Kingma & Ba 2015) over all parameters in one launch, with decoupled weight decay
/// (Loshchilov & Hutter 2019) and clipping by global norm where asked for.
public final class Adam extends Optimizer {
  private final Tensor gradients;
  private final float clipNorm;
  private final List<Part> parts = new ArrayList<>();

  /// Parameters side by side that one rule changes.
  private record Part(FlatParameters flat, AdamRule rule, @Nullable LiveChunks live) {}

  /// PyTorch's defaults.
  public Adam(Backend backend, Parameters parameters) {
    this(backend, parameters, 0, 0);
  }

  /// @param clipNorm largest global norm of a gradient; 0 = any
  public Adam(Backend backend, Parameters parameters, float weightDecay, float clipNorm) {
    this(backend, parameters, weightDecay, clipNorm, _ -> true);
  }

  /// @param mine the parameters that it changes; the norm is of all
  Adam(
      Backend backend,
      Parameters parameters,
      float weightDecay,
      float clipNorm,
      Predicate<Parameter> mine) {
    super(backend);
    this.gradients = parameters.flat().grad();
    this.clipNorm = clipNorm;
    AdamRule rule = AdamRule.PLAIN.with(weightDecay, clipNorm);
    if (weightDecay > 0) { // matrices decay, biases and gains do not
      add(parameters, mine.and(Parameter::isMatrix), rule);
      add(parameters, mine.and(p -> !p.isMatrix()), rule.withoutDecay());
    } else {
      add(parameters, mine, rule);
    }
  }

  private void add(Parameters parameters, Predicate<Parameter> wanted, AdamRule rule) {
    FlatParameters flat = parameters.flat();
    @Nullable LiveChunks live = parameters.liveChunks();
    for (Piece piece : parameters.neighbours(wanted)) {
      @Nullable LiveChunks own = live == null ? null : live.part(piece.from(), piece.to());
      parts.add(new Part(flat.part(piece.from(), piece.to()), rule, own));
    }
  }

  @Override
  void update(Scope scope, Tensor numbers) {
    var adam = backend.adam();
    @Nullable Tensor norm = null;
    if (clipNorm > 0) {
      norm = scope.floats(1);
      adam.norm(gradients, norm);
    }
    for (Part part : parts) {
      adam.step(part.flat, norm, numbers, part.rule, part.live);
    }
  }
}
