package dev.hindsight.backend.cpu;

import dev.hindsight.backend.SigmoidCrossEntropy;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The loss of Bernoulli pixels, some rows a share.
final class CpuSigmoidCrossEntropy implements SigmoidCrossEntropy {
  private final Engine engine;
  private final Loops loops;
  private final Shares shares;

  CpuSigmoidCrossEntropy(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.shares = new Shares(engine.workers());
  }

  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    int d = logits.channels();
    long l = logits.address();
    long t = target.address();
    long out = engine.out(nll);
    shares.overRows(
        logits.rows(),
        d,
        row -> {
          long o = Raw.at(0, row, d, 0);
          Raw.put(Raw.at(out, row), loops.sigmoidCrossEntropy(l + o, t + o, d));
        });
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    int d = logits.channels();
    long l = logits.address();
    long t = target.address();
    long dl = engine.begun(dlogits);
    shares.overRows(
        logits.rows(),
        d,
        row -> {
          long o = Raw.at(0, row, d, 0);
          loops.sigmoidCrossEntropyBackward(l + o, t + o, dl + o, scale, d);
        });
  }
}
