package dev.hindsight.train;

import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.nn.Parameters;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// What changes the parameters of a model by their gradients.
public abstract sealed class Optimizer permits Adam, Muon {
  public enum Kind {
    ADAM,
    MUON
  }

  final Backend backend;
  private int steps;

  Optimizer(Backend backend) {
    this.backend = backend;
  }

  /// That of a recipe.
  ///
  /// @throws UserException when it cannot train such a model
  public static Optimizer of(Backend backend, Parameters parameters, Recipe recipe) {
    Recipe.Weights weights = recipe.weights();
    float decay = weights.decay();
    float clip = weights.clipNorm();
    return switch (weights.optimizer()) {
      case ADAM -> new Adam(backend, parameters, decay, clip);
      case MUON -> new Muon(backend, parameters, recipe.rate().muonFactor(), decay, clip);
    };
  }

  public int steps() {
    return steps;
  }

  /// Continues after `steps` steps; the moments are restored by the caller.
  void resumeAfter(int steps) {
    this.steps = steps;
  }

  /// Updates every parameter with its gradient, which is zero afterwards.
  public void step(Scope scope, float rate) {
    Tensor numbers = scope.floats(AdamStep.SIZE);
    next(numbers, rate);
    update(scope, numbers);
  }

  /// Goes on to the next step: writes what is particular to it. Apart from [#update], so that the
  /// update can be recorded.
  void next(Tensor numbers, float rate) {
    steps++;
    backend.write(numbers, AdamRule.PLAIN.at(steps, rate).numbers());
  }

  /// The update by the step whose `numbers` were written.
  abstract void update(Scope scope, Tensor numbers);
}
