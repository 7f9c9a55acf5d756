package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Adam;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.updaters.AdamUpdater;
import org.nd4j.linalg.factory.Nd4j;

/// ND4J's own Adam, with PyTorch's conventions.
record Nd4jAdam(Nd4jMemory memory) implements Adam {
  @Override
  public void step(
      FlatParameters p,
      @Nullable Tensor norm,
      Tensor numbers,
      AdamRule rule,
      @Nullable LiveChunks live) {
    AdamStep step = rule.at(memory.vector(numbers).getInt(0), memory.vector(numbers).getFloat(1));
    INDArray gradient = memory.vector(p.grad());
    INDArray weights = memory.vector(p.value());
    if (rule.clipNorm() > 0) {
      double length = memory.vector(Objects.requireNonNull(norm)).getDouble(0);
      double clip = Math.min(1, rule.clipNorm() / (length + 1e-6));
      if (Double.isNaN(clip)) {
        gradient.assign(clip); // ND4J takes a small number for a factor that is none
      } else {
        gradient.muli(clip);
      }
    }
    if (rule.weightDecay() > 0) {
      weights.muli(step.keep());
    }
    // ND4J adds eps to √v before the bias correction, PyTorch after it; this makes them equal.
    double eps = rule.eps() * Math.sqrt(1 - Math.pow(rule.beta2(), step.t()));
    INDArray m = memory.vector(p.firstMoment());
    INDArray v = memory.vector(p.secondMoment());
    INDArray updates = gradient.ulike();
    Nd4j.exec(
        new AdamUpdater(
            gradient,
            v,
            m,
            updates,
            v,
            m,
            step.rate(),
            rule.beta1(),
            rule.beta2(),
            eps,
            step.t() - 1));
    weights.subi(updates);
    if (p.rounded() != null) {
      memory.vector(p.rounded()).assign(weights);
    }
    gradient.assign(0);
  }

  @Override
  public void norm(Tensor x, Tensor out) {
    memory.vector(out).assign(memory.vector(x).norm2Number());
  }
}
