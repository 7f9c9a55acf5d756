package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/// The convolution of a few pixels of a row of all images, for samplers: x (R,W,B,I), w (taps,O,I),
/// y (S,W,B,O). Neighbours in a row are one block, so a tap is one product.
final class MaskedConv2dPixels {
  /// Outputs that one share computes.
  private static final int OUTPUTS = 64;

  private final Gemm gemm;
  private final Workers workers;
  private final Map<Taps, int[]> known = new HashMap<>();

  MaskedConv2dPixels(Engine engine) {
    this.gemm = engine.gemm();
    this.workers = engine.workers();
  }

  /// @param b 0 when there is none
  void forward(
      Tensor x, Tensor w, long b, Taps taps, int row, int from, int to, Tensor y, long out) {
    int rows = x.dim(0);
    int width = x.dim(1);
    int batch = x.dim(2);
    int inputs = x.dim(3);
    int outputs = w.dim(1);
    long in = x.address();
    long weights = w.address();
    long begin = Raw.at(out, (long) (row % y.dim(0)) * width * batch, outputs, 0);
    int[] live = live(taps);
    workers.run(
        Math.ceilDiv(outputs, OUTPUTS),
        (share, worker) -> {
          int first = share * OUTPUTS;
          int count = Math.min(OUTPUTS, outputs - first);
          for (int n = from * batch; n < to * batch; n++) {
            long at = Raw.at(begin, n, outputs, first);
            if (b == 0) {
              Raw.zero(at, (long) count * Float.BYTES);
            } else {
              Raw.copy(Raw.at(b, first), at, count);
            }
          }
          for (int n = 0; n < live.length; n++) {
            int seen = row + taps.down(live[n]);
            int right = taps.right(live[n]);
            int left = Math.max(from, -right);
            int end = Math.min(to, width - right);
            if (seen >= 0 && left < end) {
              long pixel = (long) (seen % rows) * width + left + right;
              gemm.multiply(
                  false,
                  true,
                  (end - left) * batch,
                  count,
                  inputs,
                  Raw.at(in, pixel * batch, inputs, 0),
                  inputs,
                  Raw.at(weights, (long) n * outputs + first, inputs, 0),
                  inputs,
                  true,
                  Raw.at(begin, (long) left * batch, outputs, first),
                  outputs);
            }
          }
        });
  }

  private int[] live(Taps taps) {
    int[] live = known.get(taps);
    if (live == null) {
      live = taps.live();
      known.put(taps, live);
    }
    return live;
  }
}
