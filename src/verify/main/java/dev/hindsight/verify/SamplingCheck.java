package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Does a sampler, with its little state, compute what the whole network would? And does a replayed
/// loop draw what a plain one does?
final class SamplingCheck {
  private static final RandomKey KEY = RandomKey.of(11);

  /// Of a recorded loop the first batch that is a replay; of a kernel the first in used memory.
  private static final int SECOND = 1;

  private SamplingCheck() {}

  /// What was found.
  ///
  /// @param error the difference of a logit from the full pass where it is largest for what is
  ///   allowed
  /// @param detail what is wrong, in one line; null where nothing is
  record Finding(double error, double allowed, @Nullable String detail) {}

  static Finding check(Backend backend, AutoregressiveModel model, Strategy strategy) {
    int order = model.order().index();
    Plan recorded = new Plan(1, 1, KEY, 0, strategy, true, order, Conditioning.NONE);
    Plan plain = new Plan(1, 1, KEY, 0, strategy, false, order, Conditioning.NONE);
    try (BatchSampler sampler = new BatchSampler(backend, model, recorded);
        BatchSampler again = new BatchSampler(backend, model, plain)) {
      float[] image = {};
      for (int k = 0; k <= SECOND; k++) {
        image = sampler.draw(k);
      }
      float[] wanted = again.draw(SECOND);
      if (!Arrays.equals(sampler.logits(), again.logits()) || !Arrays.equals(image, wanted)) {
        return new Finding(
            Double.POSITIVE_INFINITY, 0, "a replayed loop drew other bits than a plain one");
      }
      return compare(sampler.logits(), logits(backend, model, image), backend.precision());
    }
  }

  private static float[] logits(Backend backend, AutoregressiveModel model, float[] image) {
    try (Scope scope = backend.open("sampling")) {
      Tensor x = scope.floats(1, image.length);
      backend.write(x, image);
      return backend.readFloats(model.logits(new Ops(backend, scope, null), x));
    }
  }

  private static Finding compare(float[] got, float[] want, Precision precision) {
    // Both are fp32 where bf16 is stored, since what they begin with is.
    double unit = 2e-5 + (precision == Precision.TF32 ? 64 * precision.roundoff() : 0);
    Finding worst = new Finding(0, unit, null);
    for (int k = 0; k < want.length; k++) {
      double error = Math.abs((double) got[k] - want[k]);
      double allowed = unit * (1 + Math.abs(want[k]));
      if (!(error <= allowed)) {
        return new Finding(
            error,
            allowed,
            "logit %d is %s in the sampler and %s in the full pass".formatted(k, got[k], want[k]));
      }
      if (error / allowed > worst.error() / worst.allowed()) {
        worst = new Finding(error, allowed, null);
      }
    }
    return worst;
  }
}
