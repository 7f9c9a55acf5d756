package dev.hindsight.backend.cpu;

import dev.hindsight.backend.SigmoidCrossEntropy;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The loss of Bernoulli pixels, some rows a share.
final class CpuSigmoidCrossEntropy implements SigmoidCrossEntropy {
  private final Engine engine;
  private final Workers workers;
  private final Loops loops;

  CpuSigmoidCrossEntropy(Engine engine) {
    this.engine = engine;
    this.workers = engine.workers();
    this.loops = engine.loops();
  }

  @Override
  public void forward(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    forward(
        logits.rows(),
        logits.channels(),
        logits.address(),
        target.address(),
        scale,
        engine.out(nll),
        engine.outOrZero(dlogits));
  }

  /// @param dlogits 0 when it is not wanted
  private void forward(
      int n, int d, long logits, long target, float scale, long nll, long dlogits) {
    int rows = Shares.rows(d);
    workers.run(
        Dense.tiles(n, rows),
        (share, worker) -> {
          int end = Math.min(n, (share + 1) * rows);
          for (int row = share * rows; row < end; row++) {
            long o = Dense.at(0, row, d, 0);
            Raw.put(Raw.at(nll, row), loops.sigmoidCrossEntropy(logits + o, target + o, d));
            if (dlogits != 0) {
              loops.sigmoidCrossEntropyBackward(logits + o, target + o, dlogits + o, scale, d);
            }
          }
        });
  }
}
