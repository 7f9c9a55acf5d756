package dev.hindsight.backend.cpu;

import dev.hindsight.backend.SoftmaxCrossEntropy;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The loss of classes, some rows a share; exponentials in double.
final class CpuSoftmaxCrossEntropy implements SoftmaxCrossEntropy {
  private final Engine engine;
  private final Shares shares;

  CpuSoftmaxCrossEntropy(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    Stored stored = engine.stored(logits);
    int classes = logits.channels();
    engine.scratch().reserve(stored.room(classes));
    long all = logits.address();
    long targets = target.address();
    long out = nll.address();
    shares.overRows(
        logits.rows(),
        classes,
        (row, worker) -> {
          long l =
              stored.fetch(stored.at(all, row, classes, 0), engine.scratch().of(worker), classes);
          float t = stored.get(stored.at(targets, row));
          float top = largest(classes, l);
          float logSum =
              (float)
                  (Math.log(sum(classes, l, top)) + top - Raw.get(Raw.at(l, chosen(classes, t))));
          Raw.put(Raw.at(out, row), isClass(classes, t) ? logSum : Float.NaN);
        });
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    Stored stored = engine.stored(logits);
    int classes = logits.channels();
    engine.scratch().reserve(stored.room(2L * classes));
    long all = logits.address();
    long targets = target.address();
    long gradients = engine.begun(dlogits);
    shares.overRows(
        logits.rows(),
        classes,
        (row, worker) -> {
          long room = engine.scratch().of(worker);
          long l = stored.fetch(stored.at(all, row, classes, 0), room, classes);
          long to = stored.at(gradients, row, classes, 0);
          long dl = stored.fetch(to, Raw.at(room, classes), classes);
          float t = stored.get(stored.at(targets, row));
          float top = largest(classes, l);
          double sum = sum(classes, l, top);
          for (int v = 0; v < classes; v++) {
            double p = Math.exp(Raw.get(Raw.at(l, v)) - top) / sum;
            double error = isClass(classes, t) ? scale * (p - (v == (int) t ? 1 : 0)) : Double.NaN;
            Raw.put(Raw.at(dl, v), Raw.get(Raw.at(dl, v)) + (float) error);
          }
          stored.store(dl, to, classes);
        });
  }

  private static float largest(int classes, long l) {
    float top = Float.NEGATIVE_INFINITY;
    for (int v = 0; v < classes; v++) {
      top = Math.max(top, Raw.get(Raw.at(l, v)));
    }
    return top;
  }

  private static double sum(int classes, long l, float top) {
    double sum = 0;
    for (int v = 0; v < classes; v++) {
      sum += Math.exp(Raw.get(Raw.at(l, v)) - top);
    }
    return sum;
  }

  private static boolean isClass(int classes, float target) {
    return target >= 0 && target < classes && target == (int) target;
  }

  /// A place that can be read, whatever the target is.
  private static int chosen(int classes, float target) {
    return isClass(classes, target) ? (int) target : 0;
  }
}
