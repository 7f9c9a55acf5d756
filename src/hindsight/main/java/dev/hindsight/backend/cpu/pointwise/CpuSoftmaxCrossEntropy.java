package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.SoftmaxCrossEntropy;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.Shares;
import dev.hindsight.backend.cpu.loops.AttentionLoops;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The loss of classes, some values a share; those of an image are added afterwards.
public final class CpuSoftmaxCrossEntropy implements SoftmaxCrossEntropy {
  private final Engine engine;
  private final Shares shares;

  public CpuSoftmaxCrossEntropy(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    WarmUp.CLASSES.before();
    Stored stored = engine.stored(logits);
    int classes = logits.channels();
    int rows = logits.rows();
    engine.scratch().reserve(classes + stored.room(classes));
    engine.shared().reserve(rows);
    long all = logits.address();
    long targets = target.address();
    long losses = engine.shared().of(0);
    shares.overRows(
        rows,
        classes,
        (row, worker) -> {
          long e = engine.own(worker);
          long l = stored.fetch(stored.at(all, row, classes, 0), Native.at(e, classes), classes);
          int t = chosen(classes, stored.get(stored.at(targets, row)));
          float top = AttentionLoops.largest(l, 1, classes);
          float sum = AttentionLoops.exponentials(l, 1, top, e, classes);
          float loss = t < 0 ? Float.NaN : (float) Math.log(sum) + (top - Native.get(l, t));
          Native.put(losses, row, loss);
        });
    RowSums.of(losses, nll, rows);
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    WarmUp.CLASSES.before();
    Stored stored = engine.stored(logits);
    int classes = logits.channels();
    engine.scratch().reserve(classes + stored.room(2L * classes));
    long all = logits.address();
    long targets = target.address();
    long gradients = dlogits.tensor().address();
    shares.overRows(
        logits.rows(),
        classes,
        (row, worker) -> {
          long e = engine.own(worker);
          long room = Native.at(e, classes);
          long l = stored.fetch(stored.at(all, row, classes, 0), room, classes);
          long to = stored.at(gradients, row, classes, 0);
          long dl = stored.floats(to, Native.at(room, classes));
          stored.begin(dlogits.fresh(), to, dl, classes);
          int t = chosen(classes, stored.get(stored.at(targets, row)));
          if (t < 0) {
            Loops.fill(Float.NaN, dl, classes);
          } else {
            float sum =
                AttentionLoops.exponentials(
                    l, 1, AttentionLoops.largest(l, 1, classes), e, classes);
            float p = Native.get(e, t) / sum;
            Native.put(e, t, 0);
            Loops.addErrors(1 / sum, e, scale, dl, classes);
            Native.put(dl, t, Native.get(dl, t) + scale * (p - 1));
          }
          stored.store(dl, to, classes);
        });
  }

  /// -1 where a target is no class.
  private static int chosen(int classes, float target) {
    return target >= 0 && target < classes && target == (int) target ? (int) target : -1;
  }
}
