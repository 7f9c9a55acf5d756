package dev.hindsight.backend;

/// What stays the same in all steps of Adam.
///
/// @param weightDecay decoupled (Loshchilov & Hutter 2019): w shrinks by rate·weightDecay; 0 = Adam
/// @param clipNorm gradients are scaled by min(1, clipNorm / (norm + 1e-6)); 0 = never
public record AdamRule(float beta1, float beta2, float eps, float weightDecay, float clipNorm) {
  /// PyTorch's defaults: betas 0.9 and 0.999, eps 1e-8, no decay, no clipping.
  public static final AdamRule PLAIN = new AdamRule(0.9f, 0.999f, 1e-8f, 0, 0);

  public AdamRule with(float decay, float clip) {
    return new AdamRule(beta1, beta2, eps, decay, clip);
  }

  public AdamRule withoutDecay() {
    return with(0, clipNorm);
  }

  /// Step number `t`, from 1, at a learning rate.
  public AdamStep at(int t, float rate) {
    return new AdamStep(t, rate, this);
  }
}
