package dev.hindsight.backend.cpu;

import dev.hindsight.backend.SoftmaxCrossEntropy;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The loss of classes, some rows a share; exponentials in double.
final class CpuSoftmaxCrossEntropy implements SoftmaxCrossEntropy {
  private final Engine engine;
  private final Workers workers;

  CpuSoftmaxCrossEntropy(Engine engine) {
    this.engine = engine;
    this.workers = engine.workers();
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
      int n, int classes, long logits, long target, float scale, long nll, long dlogits) {
    int rows = Shares.rows(classes);
    workers.run(
        Dense.tiles(n, rows),
        (share, worker) -> {
          int end = Math.min(n, (share + 1) * rows);
          for (int row = share * rows; row < end; row++) {
            long o = Dense.at(0, row, classes, 0);
            float value =
                row(
                    classes,
                    logits + o,
                    Raw.get(Raw.at(target, row)),
                    scale,
                    dlogits == 0 ? 0 : dlogits + o);
            Raw.put(Raw.at(nll, row), value);
          }
        });
  }

  private static float row(int classes, long l, float target, float scale, long dl) {
    float top = Float.NEGATIVE_INFINITY;
    for (int v = 0; v < classes; v++) {
      top = Math.max(top, Raw.get(Raw.at(l, v)));
    }
    double sum = 0;
    for (int v = 0; v < classes; v++) {
      sum += Math.exp(Raw.get(Raw.at(l, v)) - top);
    }
    boolean known = target >= 0 && target < classes && target == (int) target;
    for (int v = 0; v < classes && dl != 0; v++) {
      double p = Math.exp(Raw.get(Raw.at(l, v)) - top) / sum;
      double error = known ? scale * (p - (v == (int) target ? 1 : 0)) : Double.NaN;
      Raw.put(Raw.at(dl, v), Raw.get(Raw.at(dl, v)) + (float) error);
    }
    return known ? (float) (Math.log(sum) + top - Raw.get(Raw.at(l, (int) target))) : Float.NaN;
  }
}
