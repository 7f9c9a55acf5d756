package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/// The convolution of a few pixels of a row of all images, for samplers: x (R,W,B,I), w (taps,O,I),
/// y (S,W,B,O). Neighbours in a row are one block, so a tap is one product.
final class MaskedConv2dPixels {
  /// Outputs of a share at most: oneDNN turns the weights, which half as many outputs do not repay.
  private static final int OUTPUTS = 128;

  /// Rows of a share at least, and in how many shares at most they are cut.
  private static final int ROWS = 12;

  private static final int SHARES = 8;

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
    int blocks = Math.ceilDiv(outputs, OUTPUTS);
    int wide = Math.ceilDiv(outputs, blocks);
    int cuts = Math.clamp((to - from) * batch / ROWS, 1, SHARES);
    int tall = Math.ceilDiv((to - from) * batch, cuts);
    workers.run(
        blocks * cuts,
        (share, worker) -> {
          int first = share % blocks * wide;
          int count = Math.min(wide, outputs - first);
          int top = from * batch + share / blocks * tall;
          int bottom = Math.min(top + tall, to * batch);
          for (int n = top; n < bottom; n++) {
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
            int left = Math.max(top, -right * batch);
            int height = Math.min(bottom, (width - right) * batch) - left;
            if (seen >= 0 && height > 0) {
              long pixels = (long) (seen % rows) * width * batch + left + (long) right * batch;
              gemm.multiply(
                  false,
                  true,
                  height,
                  count,
                  inputs,
                  Raw.at(in, pixels, inputs, 0),
                  inputs,
                  Raw.at(weights, (long) n * outputs + first, inputs, 0),
                  inputs,
                  true,
                  Raw.at(begin, left, outputs, first),
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
