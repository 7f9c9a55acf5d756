package dev.hindsight.backend.cpu;

import dev.hindsight.backend.MaskedConv2d;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.cpu.TapRuns.Run;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Convolutions over the taps that exist, image by image: x (B,H,W,I), w (taps,O,I), y (B,H,W,O).
///
/// A thread lays each pixel's neighbours in its row side by side, once per image. Taps side by side
/// then are one product whose depth is all their channels, and a row of the kernel above the centre
/// is the same memory, begun some rows later. Rows outside the image are never multiplied.
final class CpuMaskedConv2d implements MaskedConv2d {
  private final Engine engine;
  private final MaskedConv2dPixels pixels;
  private final Gemm gemm;
  private final Loops loops;
  private final GroupSums sums;
  private final Workers workers;
  private final Scratch scratch;
  private final Scratch shared;
  private final Map<Taps, TapRuns> known = new HashMap<>();

  CpuMaskedConv2d(Engine engine) {
    this.engine = engine;
    this.pixels = new MaskedConv2dPixels(engine);
    this.gemm = engine.gemm();
    this.loops = engine.loops();
    this.sums = new GroupSums(engine);
    this.workers = engine.workers();
    this.scratch = engine.scratch();
    this.shared = engine.shared();
  }

  private TapRuns runs(Taps taps) {
    TapRuns runs = known.get(taps);
    if (runs == null) {
      runs = TapRuns.of(taps);
      known.put(taps, runs);
    }
    return runs;
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y) {
    forward(x, w.address(), Engine.orZero(b), w.dim(1), taps, engine.out(y));
  }

  @Override
  public void maskedConv2dPixels(
      Tensor x, Tensor w, @Nullable Tensor b, Taps taps, int row, int from, int to, Tensor y) {
    pixels.forward(x, w, Engine.orZero(b), taps, row, from, to, y, engine.out(y));
  }

  /// @param b 0 when there is none
  private void forward(Tensor x, long w, long b, int outputs, Taps taps, long y) {
    int height = x.dim(1);
    int width = x.dim(2);
    int inputs = x.dim(3);
    int pixels = height * width;
    long images = x.address();
    TapRuns runs = runs(taps);
    scratch.reserve((long) pixels * runs.slots() * inputs);
    shared.reserve((long) runs.count() * outputs * inputs);
    long turned = shared.of(0);
    workers.run(
        runs.count(),
        (tap, worker) -> {
          long at = Raw.at(0, (long) tap * outputs, inputs, 0);
          Raw.transpose(w + at, outputs, inputs, inputs, turned + at);
        });
    workers.run(
        x.dim(0),
        (image, worker) -> {
          long in = Raw.at(images, (long) image * pixels, inputs, 0);
          long out = Raw.at(y, (long) image * pixels, outputs, 0);
          long wide = in;
          if (!runs.isColumn()) {
            wide = scratch.of(worker);
            spread(runs, height, width, inputs, in, wide);
          }
          begin(pixels, outputs, b, out);
          for (int k = 0; k < runs.runs().size(); k++) {
            product(runs, runs.runs().get(k), height, width, inputs, outputs, wide, turned, out);
          }
        });
  }

  /// y += what a run of taps sees, times its weights
  private void product(
      TapRuns runs,
      Run run,
      int height,
      int width,
      int inputs,
      int outputs,
      long wide,
      long turned,
      long y) {
    int from = run.from();
    int rows = run.to(height) - from;
    if (rows <= 0) {
      return;
    }
    int pitch = runs.slots() * inputs;
    int depth = run.length() * inputs;
    long seen = Raw.at(wide, (long) (from + run.down()) * width, pitch, (long) run.slot() * inputs);
    long weights = Raw.at(turned, (long) run.first() * inputs, outputs, 0);
    long to = Raw.at(y, (long) from * width, outputs, 0);
    int count = rows * width;
    gemm.multiply(
        false, false, count, outputs, depth, seen, pitch, weights, outputs, true, to, outputs);
  }

  private void begin(int pixels, int channels, long b, long y) {
    if (b == 0) {
      Raw.zero(y, (long) pixels * channels * Float.BYTES);
      return;
    }
    for (int p = 0; p < pixels; p++) {
      Raw.copy(b, Raw.at(y, p, channels, 0), channels);
    }
  }

  /// `to[r,c,slot] = x[r, c + left + slot]`, 0 outside the image
  private static void spread(TapRuns runs, int height, int width, int channels, long x, long to) {
    int slots = runs.slots();
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        int first = Math.clamp(-(long) (column + runs.left()), 0, slots);
        int end = Math.clamp((long) width - (column + runs.left()), first, slots);
        long pixel = (long) row * width + column;
        long out = Raw.at(to, pixel, slots * channels, 0);
        clear(out, 0, first, channels);
        Raw.copy(
            Raw.at(x, pixel + runs.left() + first, channels, 0),
            Raw.at(out, (long) first * channels),
            (long) (end - first) * channels);
        clear(out, end, slots, channels);
      }
    }
  }

  /// `to[r,c,slot] = dy[r, c - left - slot]`, 0 outside the image: the pixels that saw this one
  private static void spreadBack(
      TapRuns runs, int height, int width, int channels, long dy, long to) {
    int slots = runs.slots();
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        int first = Math.clamp((long) column - runs.left() - width + 1, 0, slots);
        int end = Math.clamp((long) column - runs.left() + 1, first, slots);
        long pixel = (long) row * width + column;
        long out = Raw.at(to, pixel, slots * channels, 0);
        clear(out, 0, first, channels);
        for (int slot = first; slot < end; slot++) {
          Raw.copy(
              Raw.at(dy, pixel - runs.left() - slot, channels, 0),
              Raw.at(out, (long) slot * channels),
              channels);
        }
        clear(out, end, slots, channels);
      }
    }
  }

  private static void clear(long out, int from, int to, int channels) {
    if (from < to) {
      Raw.zero(Raw.at(out, (long) from * channels), (long) (to - from) * channels * Float.BYTES);
    }
  }

  @Override
  public void backward(
      Tensor x,
      Tensor w,
      Taps taps,
      Tensor dy,
      @Nullable Gradient dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    backward(
        x,
        w.address(),
        w.dim(1),
        taps,
        dy.address(),
        engine.outOrZero(dx),
        Engine.adds(dx),
        engine.outOrZero(dw),
        engine.outOrZero(db));
  }

  /// @param dx 0 when it is not wanted; dw and db likewise
  /// @param add false when dx is zero, whatever is there
  private void backward(
      Tensor x, long w, int outputs, Taps taps, long dy, long dx, boolean add, long dw, long db) {
    int height = x.dim(1);
    int width = x.dim(2);
    int inputs = x.dim(3);
    int pixels = height * width;
    int images = x.dim(0);
    long xs = x.address();
    TapRuns runs = runs(taps);
    long weights = (long) runs.count() * outputs * inputs;
    scratch.reserve((long) pixels * runs.slots() * outputs);
    sums.run(
        images,
        weights + outputs,
        (image, worker, sum) -> {
          long in = Raw.at(xs, (long) image * pixels, inputs, 0);
          long error = Raw.at(dy, (long) image * pixels, outputs, 0);
          long din = dx == 0 ? 0 : Raw.at(dx, (long) image * pixels, inputs, 0);
          if (din != 0 && !add) {
            Raw.zero(din, (long) pixels * inputs * Float.BYTES);
          }
          if (db != 0) {
            addRows(pixels, outputs, error, Raw.at(sum, weights));
          }
          long wide = error;
          if (!runs.isColumn()) {
            wide = scratch.of(worker);
            spreadBack(runs, height, width, outputs, error, wide);
          }
          for (int k = 0; k < runs.runs().size(); k++) {
            Run run = runs.runs().get(k);
            gradients(
                runs, run, height, width, inputs, outputs, in, w, wide, din, dw == 0 ? 0 : sum);
          }
        });
    if (dw != 0) {
      sums.addTo(dw, 0, weights);
    }
    if (db != 0) {
      sums.addTo(db, weights, outputs);
    }
  }

  private void addRows(int rows, int channels, long x, long sum) {
    for (int r = 0; r < rows; r++) {
      loops.add(sum, Raw.at(x, r, channels, 0), sum, channels);
    }
  }

  /// dx += dy·w and dw += dyᵀ·x over a run of taps
  private void gradients(
      TapRuns runs,
      Run run,
      int height,
      int width,
      int inputs,
      int outputs,
      long x,
      long w,
      long wide,
      long dx,
      long dw) {
    // A row of x is seen from `down` rows above it.
    int from = Math.max(0, run.down());
    int count = (Math.min(height, height + run.down()) - from) * width;
    if (count <= 0) {
      return;
    }
    int pitch = runs.slots() * outputs;
    int depth = run.length() * outputs;
    long seen =
        Raw.at(wide, (long) (from - run.down()) * width, pitch, (long) run.slot() * outputs);
    long offset = Raw.at(0, (long) from * width, inputs, 0);
    long weights = Raw.at(0, (long) run.first() * outputs, inputs, 0);
    if (dx != 0) {
      long to = dx + offset;
      gemm.multiply(
          false, false, count, inputs, depth, seen, pitch, w + weights, inputs, true, to, inputs);
    }
    if (dw != 0) {
      long to = dw + weights;
      gemm.multiply(
          true, false, depth, inputs, count, seen, pitch, x + offset, inputs, true, to, inputs);
    }
  }
}
