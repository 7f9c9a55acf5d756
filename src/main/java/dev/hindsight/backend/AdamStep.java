package dev.hindsight.backend;

/// One step of Adam (Kingma & Ba 2015, algorithm 1) with PyTorch's conventions.
///
/// @param t the step's number, from 1
/// @param rate learning rate of this step
/// @param weightDecay decoupled (Loshchilov & Hutter 2019): w shrinks by rate·weightDecay; 0 = Adam
/// @param clipNorm gradients are scaled by min(1, clipNorm / (norm + 1e-6)); 0 = never
public record AdamStep(
    int t, float rate, float beta1, float beta2, float eps, float weightDecay, float clipNorm) {

  /// PyTorch's defaults: betas 0.9 and 0.999, eps 1e-8, no decay, no clipping.
  public static AdamStep of(int t, float rate) {
    return new AdamStep(t, rate, 0.9f, 0.999f, 1e-8f, 0, 0);
  }

  public AdamStep withoutDecay() {
    return new AdamStep(t, rate, beta1, beta2, eps, 0, clipNorm);
  }

  /// rate / (1 - beta1^t), computed in double as PyTorch does.
  public float correctedRate() {
    return (float) (rate / (1 - Math.pow(beta1, t)));
  }

  /// 1 / sqrt(1 - beta2^t).
  public float correctedScale() {
    return (float) (1 / Math.sqrt(1 - Math.pow(beta2, t)));
  }
}
