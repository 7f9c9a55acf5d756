package dev.hindsight.train;

/// How the learning rate changes over a run.
public enum Schedule {
  CONSTANT {
    @Override
    public float rate(float peak, long step, long steps) {
      return peak;
    }
  },
  /// Constant for the first half, then linearly to zero. The second half averages out the noise of
  /// the first, as an average of the weights would.
  COOLDOWN {
    @Override
    public float rate(float peak, long step, long steps) {
      return (float) (peak * Math.min(1, 2 * (1 - (double) step / steps)));
    }
  },
  /// Half a cosine from the peak to zero (Loshchilov & Hutter 2017).
  COSINE {
    @Override
    public float rate(float peak, long step, long steps) {
      return (float) (peak * (1 + Math.cos(Math.PI * step / steps)) / 2);
    }
  };

  /// The rate of step `step`, from 0, of `steps`.
  public abstract float rate(float peak, long step, long steps);
}
