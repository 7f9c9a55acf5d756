package dev.hindsight.backend;

/// One step of Adam (Kingma & Ba 2015, algorithm 1) with PyTorch's conventions.
///
/// Backends read what changes from a tensor and not from an argument, because a recorded training
/// step keeps its arguments for ever.
///
/// @param t the step's number, from 1
/// @param rate learning rate of this step
public record AdamStep(int t, float rate, AdamRule rule) {
  /// Elements of the tensor.
  public static final int SIZE = 4;

  /// What the tensor holds: t, rate, [#correctedRate] and [#correctedScale].
  public float[] numbers() {
    return new float[] {t, rate, correctedRate(), correctedScale()};
  }

  /// rate / (1 - beta1^t), computed in double as PyTorch does.
  public float correctedRate() {
    return (float) (rate / (1 - Math.pow(rule.beta1(), t)));
  }

  /// 1 / sqrt(1 - beta2^t).
  public float correctedScale() {
    return (float) (1 / Math.sqrt(1 - Math.pow(rule.beta2(), t)));
  }

  /// What weights are multiplied by before the update.
  public float keep() {
    return 1 - rate * rule.weightDecay();
  }
}
