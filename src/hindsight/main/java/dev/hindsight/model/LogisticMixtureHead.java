package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.error.UserException;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;

/// A discretised mixture of logistics (PixelCNN++, Salimans et al. 2017, sections 2.1 and 2.2): see
/// [dev.hindsight.backend.LogisticMixture].
///
/// @param components of a mixture, the paper's K
public record LogisticMixtureHead(int components) implements Head {
  public static final String NAME = "logistic-mixture";

  /// The paper's.
  static final int USUAL = 10;

  private static final int MOST = 256;

  /// Scales from a level: 2 % of a logistic reach back over four of them.
  private static final double BEYOND = 4;

  public LogisticMixtureHead {
    if (components < 1 || components > MOST) {
      throw new UserException(
          "--head %s:K: K, its components, must be 1 to %d but is %d"
              .formatted(NAME, MOST, components));
    }
  }

  private Mixture of(Group group) {
    return new Mixture(components, group.channels(), group.levels());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String describe() {
    return NAME + ":" + components;
  }

  @Override
  public int outputs(Group group) {
    return of(group).outputs();
  }

  @Override
  public Range range(Group group, int value) {
    int all = outputs(group);
    return new Range(value / group.channels() * all, all);
  }

  @Override
  public boolean byChannel() {
    return false;
  }

  @Override
  public Tensor nll(Ops ops, Group group, Tensor outputs, Tensor pixels) {
    return ops.logisticMixture(byGroup(ops, group, outputs, pixels), pixels, of(group));
  }

  private Tensor byGroup(Ops ops, Group group, Tensor outputs, Tensor pixels) {
    int groups = pixels.channels() / group.channels();
    return ops.reshape(outputs, pixels.rows(), groups, outputs(group));
  }

  @Override
  public Tensor byValue(Ops ops, Group group, Tensor outputs, Tensor pixels) {
    Tensor logits = byGroup(ops, group, outputs, pixels);
    Tensor levels = ops.logisticMixtureLevelLogits(logits, pixels, of(group));
    return ops.reshape(levels, pixels.rows(), pixels.channels() * group.levels());
  }

  @Override
  public void draw(Backend backend, Group group, Drawing d, int from, int to) {
    backend
        .logisticMixture()
        .draw(d.draw(), d.outputs(), d.temperature(), of(group), from, to, d.pixels());
  }

  @Override
  public OutputHead.Distribution distribution() {
    return OutputHead.Distribution.LOGISTIC_MIXTURE;
  }

  @Override
  public double[] probabilities(Group group, float[] outputs, int[] before) {
    return new LogisticProbabilities(of(group), outputs).of(before);
  }

  /// Means at even quantiles of what occurs in each channel, so that each component begins with as
  /// much to explain, and all of equal weight. Those of the first and the last level lie beyond it,
  /// so that all of their mass is in that level's open bin.
  @Override
  public float[] bias(Group group, double[][] levels) {
    Mixture mixture = of(group);
    int channels = group.channels();
    float[] bias = new float[levels.length / channels * mixture.outputs()];
    for (int k = 0; k < levels.length; k++) {
      int first = k / channels * mixture.outputs();
      int means = first + mixture.mean(k % channels);
      int scales = first + mixture.logScale(k % channels);
      double spread = deviation(mixture, levels[k]) / Math.sqrt(components);
      double scale = Math.max(spread, 1.0 / group.levels());
      for (int m = 0; m < components; m++) {
        int level = quantile(levels[k], (m + 0.5) / components);
        double beyond = level == 0 ? -BEYOND : level == mixture.top() ? BEYOND : 0;
        bias[means + m] = (float) (mixture.number(level) + beyond * scale);
        bias[scales + m] = (float) Math.log(scale);
      }
    }
    return bias;
  }

  private static int quantile(double[] levels, double share) {
    double below = 0;
    int level = 0;
    while (level < levels.length - 1 && below + levels[level] < share) {
      below += levels[level++];
    }
    return level;
  }

  private static double deviation(Mixture mixture, double[] levels) {
    double mean = 0;
    double squares = 0;
    for (int v = 0; v < levels.length; v++) {
      double x = mixture.number(v);
      mean += levels[v] * x;
      squares += levels[v] * x * x;
    }
    return Math.sqrt(Math.max(0, squares - mean * mean));
  }
}
