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
    this.shares = new Shares(engine);
  }

  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    WarmUp.LOSS.before(loops);
    Stored stored = engine.stored(logits);
    int d = logits.channels();
    engine.scratch().reserve(stored.room(2L * d));
    long l = logits.address();
    long t = target.address();
    long out = nll.address();
    shares.overRows(
        logits.rows(),
        d,
        (row, worker) -> {
          long o = stored.at(0, row, d, 0);
          long room = engine.scratch().of(worker);
          long logit = stored.fetch(l + o, room, d);
          long pixel = stored.fetch(t + o, Raw.at(room, d), d);
          Raw.put(Raw.at(out, row), loops.sigmoidCrossEntropy(logit, pixel, d));
        });
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    WarmUp.LOSS.before(loops);
    Stored stored = engine.stored(logits);
    int d = logits.channels();
    engine.scratch().reserve(stored.room(3L * d));
    long l = logits.address();
    long t = target.address();
    long dl = engine.begun(dlogits);
    shares.overRows(
        logits.rows(),
        d,
        (row, worker) -> {
          long o = stored.at(0, row, d, 0);
          long room = engine.scratch().of(worker);
          long logit = stored.fetch(l + o, room, d);
          long pixel = stored.fetch(t + o, Raw.at(room, d), d);
          long sum = stored.fetch(dl + o, Raw.at(room, 2L * d), d);
          loops.sigmoidCrossEntropyBackward(logit, pixel, sum, scale, d);
          stored.store(sum, dl + o, d);
        });
  }
}
