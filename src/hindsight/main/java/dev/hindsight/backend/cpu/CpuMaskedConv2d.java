package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.MaskedConv2d;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.cpu.TapRuns.Run;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Convolutions over the taps that exist, image by image: x (B,H,W,I), w (taps,O,I), y (B,H,W,O).
///
/// A thread lays each pixel's neighbours in its row side by side, once per image. Taps side by side
/// then are one product whose depth is all their channels, and a row of the kernel above the centre
/// is the same memory, begun some rows later. Rows outside the image are never multiplied. Rows of
/// the kernel that take fewer multiplications by [WinogradRows] are left to that.
final class CpuMaskedConv2d implements MaskedConv2d {
  private final Engine engine;
  private final GroupSums sums;
  private final Workers workers;
  private final Scratch scratch;
  private final Scratch shared;
  private final Map<Layer, Cut> known = new HashMap<>();

  private record Layer(
      Taps taps, ElementType type, int height, int width, int inputs, int outputs) {}

  /// @param plain those of all taps that are not in rows
  private record Cut(TapRuns all, TapRuns plain, WinogradLayer rows) {}

  CpuMaskedConv2d(Engine engine) {
    this.engine = engine;
    this.sums = new GroupSums(engine);
    this.workers = engine.workers();
    this.scratch = engine.scratch();
    this.shared = engine.shared();
  }

  private Cut cut(Layer layer) {
    Cut cut = known.get(layer);
    if (cut == null) {
      TapRuns all = TapRuns.of(layer.taps());
      WinogradLayer rows =
          WinogradLayer.of(
              engine.stored(layer.type()),
              engine.loops(),
              all,
              layer.height(),
              layer.width(),
              layer.inputs(),
              layer.outputs());
      List<Run> plain = all.runs().stream().filter(run -> !rows.has(run.first())).toList();
      cut = new Cut(all, all.with(plain), rows);
      known.put(layer, cut);
    }
    return cut;
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y) {
    WarmUp.WEIGHTED_SUM.before(engine.loops());
    forward(x, w.address(), Engine.orZero(b), w.dim(1), taps, y.address());
  }

  /// @param b 0 when there is none
  private void forward(Tensor x, long w, long b, int outputs, Taps taps, long y) {
    int height = x.dim(1);
    int width = x.dim(2);
    int inputs = x.dim(3);
    int pixels = height * width;
    long images = x.address();
    Stored stored = engine.stored(x);
    Cut cut = cut(new Layer(taps, x.type(), height, width, inputs, outputs));
    TapRuns runs = cut.plain();
    WinogradLayer rows = cut.rows();
    long spread = stored.asFloats((long) pixels * runs.slots() * inputs);
    long room = stored.room((long) pixels * outputs);
    scratch.reserve(spread + room + rows.forwardRoom());
    long size = stored.asFloats((long) cut.all().count() * outputs * inputs);
    shared.reserve(size + rows.weights());
    long turned = shared.of(0);
    long values = Raw.at(turned, size);
    workers.run(
        cut.all().count(),
        (tap, worker) -> {
          long at = stored.at(0, (long) tap * outputs, inputs, 0);
          stored.transpose(w + at, outputs, inputs, inputs, turned + at);
        });
    rows.weights(workers, turned, values);
    workers.run(
        x.dim(0),
        (image, worker) -> {
          long in = stored.at(images, (long) image * pixels, inputs, 0);
          long to = stored.at(y, (long) image * pixels, outputs, 0);
          long out = stored.floats(to, Raw.at(scratch.of(worker), spread));
          long wide = in;
          if (!runs.isColumn()) {
            wide = scratch.of(worker);
            Neighbours.seen(stored, runs, height, width, inputs, in, wide);
          }
          begin(pixels, outputs, b, out);
          for (int k = 0; k < runs.runs().size(); k++) {
            Run run = runs.runs().get(k);
            product(stored, runs, run, height, width, inputs, outputs, wide, turned, out);
          }
          rows.forward(in, values, turned, Raw.at(scratch.of(worker), spread + room), out);
          stored.store(pixels, outputs, out, to, outputs);
        });
  }

  /// y, floats, += what a run of taps sees, times its weights
  private static void product(
      Stored stored,
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
    long seen =
        stored.at(wide, (long) (from + run.down()) * width, pitch, (long) run.slot() * inputs);
    long weights = stored.at(turned, (long) run.first() * inputs, outputs, 0);
    long to = Raw.at(y, (long) from * width, outputs, 0);
    int count = rows * width;
    stored
        .gemm()
        .multiply(
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

  @Override
  public void backward(Tensor x, Tensor w, Taps taps, Tensor dy, Gradients to) {
    WarmUp.WEIGHTED_SUM.before(engine.loops());
    backward(
        x,
        w.address(),
        w.dim(1),
        taps,
        dy.address(),
        Engine.orZero(to.dx()),
        Engine.adds(to.dx()),
        Engine.orZero(to.dw()),
        Engine.orZero(to.db()));
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
    Stored stored = engine.stored(x);
    Cut cut = cut(new Layer(taps, x.type(), height, width, inputs, outputs));
    TapRuns runs = dw == 0 ? cut.plain() : cut.all();
    WinogradLayer rows = cut.rows();
    long weights = (long) runs.count() * outputs * inputs;
    long spread = stored.asFloats((long) pixels * runs.slots() * outputs);
    long rowsAt = spread + stored.room((long) pixels * inputs);
    scratch.reserve(rowsAt + rows.backwardRoom());
    long values = sums.roomBehind(images, weights + outputs, rows.weights());
    rows.weights(workers, w, values);
    sums.run(
        images,
        weights + outputs,
        (image, worker, sum) -> {
          long in = stored.at(xs, (long) image * pixels, inputs, 0);
          long error = stored.at(dy, (long) image * pixels, outputs, 0);
          long room = Raw.at(scratch.of(worker), spread);
          if (db != 0) {
            addRows(stored, pixels, outputs, error, Raw.at(sum, weights));
          }
          long to = dx == 0 ? 0 : stored.at(dx, (long) image * pixels, inputs, 0);
          long din = dx == 0 ? 0 : stored.floats(to, room);
          if (dx != 0 && add) {
            stored.fetch(pixels, inputs, to, inputs, din);
          } else if (dx != 0) {
            Raw.zero(din, (long) pixels * inputs * Float.BYTES);
          }
          long wide = error;
          if (!runs.isColumn()) {
            wide = scratch.of(worker);
            Neighbours.seers(stored, runs, height, width, outputs, error, wide);
          }
          for (int k = 0; k < runs.runs().size(); k++) {
            Run run = runs.runs().get(k);
            gradients(
                stored,
                runs,
                run,
                height,
                width,
                inputs,
                outputs,
                in,
                w,
                wide,
                rows.has(run.first()) ? 0 : din,
                dw == 0 ? 0 : sum);
          }
          if (dx != 0) {
            rows.backward(error, values, w, Raw.at(scratch.of(worker), rowsAt), din);
            stored.store(pixels, inputs, din, to, inputs);
          }
        });
    if (dw != 0) {
      sums.addTo(dw, 0, weights);
    }
    if (db != 0) {
      sums.addTo(db, weights, outputs);
    }
  }

  private static void addRows(Stored stored, int rows, int channels, long x, long sum) {
    for (int r = 0; r < rows; r++) {
      stored.addTo(sum, stored.at(x, r, channels, 0), channels);
    }
  }

  /// dx += dy·w and dw += dyᵀ·x over a run of taps, both in floats
  private static void gradients(
      Stored stored,
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
        stored.at(wide, (long) (from - run.down()) * width, pitch, (long) run.slot() * outputs);
    Gemm gemm = stored.gemm();
    if (dx != 0) {
      long weights = stored.at(w, (long) run.first() * outputs, inputs, 0);
      long to = Raw.at(dx, (long) from * width, inputs, 0);
      gemm.multiply(
          false, false, count, inputs, depth, seen, pitch, weights, inputs, true, to, inputs);
    }
    if (dw != 0) {
      long pixels = stored.at(x, (long) from * width, inputs, 0);
      long to = Raw.at(dw, (long) run.first() * outputs, inputs, 0);
      gemm.multiply(
          true, false, depth, inputs, count, seen, pitch, pixels, inputs, true, to, inputs);
    }
  }
}
