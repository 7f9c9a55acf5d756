package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activate;
import dev.hindsight.backend.Activation;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Activations, share by share.
final class CpuActivate implements Activate {
  private final Engine engine;
  private final Loops loops;
  private final Shares shares;

  CpuActivate(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.shares = new Shares(engine.workers());
  }

  @Override
  public void forward(Activation f, Tensor x, Tensor y) {
    long from = x.address();
    long to = engine.out(y);
    if (Shares.isOne(x.size())) {
      loops.activate(f, from, to, x.size());
      return;
    }
    shares.over(x.size(), (share, o, size) -> loops.activate(f, from + o, to + o, size));
  }

  @Override
  public void backward(Activation f, Tensor x, Tensor y, Tensor dy, Gradient dx) {
    long in = x.address();
    long out = y.address();
    long up = dy.address();
    long down = engine.out(dx.tensor());
    shares.over(
        x.size(),
        (share, o, size) -> {
          if (dx.fresh()) {
            loops.fill(0, down + o, size);
          }
          loops.activateBackward(f, in + o, out + o, up + o, down + o, size);
        });
  }
}
