package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.SigmoidCrossEntropy;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.Shares;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The loss of Bernoulli pixels, some rows a share.
public final class CpuSigmoidCrossEntropy implements SigmoidCrossEntropy {
  private final Engine engine;
  private final Shares shares;

  public CpuSigmoidCrossEntropy(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    WarmUp.LOSS.before();
    Matrix in = engine.matrix(logits);
    Matrix pixels = engine.matrix(target);
    Stored stored = in.stored();
    int d = in.columns();
    engine.scratch().reserve(stored.room(2L * d));
    long out = nll.address();
    shares.overRows(
        in.rows(),
        d,
        (row, worker) -> {
          long room = engine.own(worker);
          long logit = stored.fetch(in.row(row), room, d);
          long pixel = stored.fetch(pixels.row(row), Native.at(room, d), d);
          Native.put(out, row, Loops.sigmoidCrossEntropy(logit, pixel, d));
        });
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    WarmUp.LOSS.before();
    Matrix in = engine.matrix(logits);
    Matrix pixels = engine.matrix(target);
    Matrix slopes = engine.begun(dlogits);
    Stored stored = in.stored();
    int d = in.columns();
    engine.scratch().reserve(stored.room(3L * d));
    shares.overRows(
        in.rows(),
        d,
        (row, worker) -> {
          long room = engine.own(worker);
          long logit = stored.fetch(in.row(row), room, d);
          long pixel = stored.fetch(pixels.row(row), Native.at(room, d), d);
          long sum = stored.fetch(slopes.row(row), Native.at(room, 2L * d), d);
          Loops.sigmoidCrossEntropyBackward(logit, pixel, sum, scale, d);
          stored.store(sum, slopes.row(row), d);
        });
  }
}
