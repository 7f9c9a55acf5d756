package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.MaskedConv2d;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.cpu.conv.TapRuns.Run;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.GroupSums;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
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
public final class CpuMaskedConv2d implements MaskedConv2d {
  private final Engine engine;
  private final GroupSums sums;
  private final Map<Layer, Cut> known = new HashMap<>();

  public CpuMaskedConv2d(Engine engine) {
    this.engine = engine;
    this.sums = new GroupSums(engine);
  }

  /// Sizes of a layer, the same for all images.
  record Layer(Taps taps, ElementType type, int height, int width, int inputs, int outputs) {
    static Layer of(Tensor x, Tensor w, Taps taps) {
      return new Layer(taps, x.type(), x.dim(1), x.dim(2), x.dim(3), w.dim(1));
    }

    int pixels() {
      return height * width;
    }
  }

  /// @param plain those of all taps that are not in rows
  private record Cut(TapRuns all, TapRuns plain, WinogradLayer rows) {}

  private Cut cut(Layer layer) {
    Cut cut = known.get(layer);
    if (cut == null) {
      TapRuns all = TapRuns.of(layer.taps());
      WinogradLayer rows = WinogradLayer.of(engine.stored(layer.type()), all, layer);
      List<Run> plain = all.runs().stream().filter(run -> !rows.has(run.first())).toList();
      cut = new Cut(all, all.with(plain), rows);
      known.put(layer, cut);
    }
    return cut;
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y) {
    WarmUp.WEIGHTED_SUM.before();
    Layer z = Layer.of(x, w, taps);
    int pixels = z.pixels();
    Matrix images = engine.matrix(x);
    Matrix weights = engine.matrix(w);
    Matrix results = engine.matrix(y);
    Stored stored = images.stored();
    Cut cut = cut(z);
    TapRuns runs = cut.plain();
    WinogradLayer rows = cut.rows();
    long spread = stored.asFloats((long) pixels * runs.slots() * z.inputs());
    long room = stored.room((long) pixels * z.outputs());
    engine.scratch().reserve(spread + room + rows.room());
    long size = stored.asFloats((long) weights.rows() * z.inputs());
    engine.shared().reserve(size + rows.weights());
    Matrix turned = TurnedTaps.of(engine, weights, z.outputs(), engine.shared().of(0));
    long values = Native.at(turned.address(), size);
    rows.weights(engine, turned, values);
    long bias = Engine.orZero(b);
    engine.run(
        x.dim(0),
        (image, worker) -> {
          long own = engine.own(worker);
          int first = image * pixels;
          Matrix in = images.rows(first, pixels);
          Matrix to = results.rows(first, pixels);
          Matrix out = to.floats(Native.at(own, spread));
          long seen = Neighbours.seen(images, first, pixels, runs, z.width(), own);
          Matrix wide = Matrix.dense(stored, seen, pixels, runs.slots() * z.inputs());
          begin(bias, out);
          for (int k = 0; k < runs.runs().size(); k++) {
            product(z, runs.runs().get(k), wide, turned, out);
          }
          rows.forward(in, values, turned, Native.at(own, spread + room), out);
          to.store(out);
        });
  }

  private static void begin(long b, Matrix y) {
    if (b == 0) {
      y.clear();
      return;
    }
    for (int p = 0; p < y.rows(); p++) {
      Native.copy(b, y.row(p), y.columns());
    }
  }

  /// y, floats, += what a run of taps sees, times its weights
  private static void product(Layer z, Run run, Matrix wide, Matrix turned, Matrix y) {
    int from = run.from() * z.width();
    int count = run.to(z.height()) * z.width() - from;
    if (count > 0) {
      int i = z.inputs();
      int seen = from + run.down() * z.width();
      y.rows(from, count)
          .add(
              wide.block(seen, count, run.slot() * i, run.length() * i),
              turned.rows(run.first() * i, run.length() * i));
    }
  }

  @Override
  public void backward(Tensor x, Tensor w, Taps taps, Tensor dy, Gradients to) {
    WarmUp.WEIGHTED_SUM.before();
    Layer z = Layer.of(x, w, taps);
    int pixels = z.pixels();
    int count = x.dim(0);
    Matrix images = engine.matrix(x);
    Matrix weights = engine.matrix(w);
    Matrix errors = engine.matrix(dy);
    Gradient dx = to.dx();
    long slopes = dx == null ? 0 : dx.tensor().address();
    boolean add = Engine.adds(dx);
    Tensor dw = to.dw();
    Tensor db = to.db();
    Stored stored = images.stored();
    Cut cut = cut(z);
    TapRuns runs = dw == null ? cut.plain() : cut.all();
    WinogradLayer rows = cut.rows();
    long size = (long) weights.rows() * z.inputs();
    long spread = stored.asFloats((long) pixels * runs.slots() * z.outputs());
    long rowsAt = spread + stored.room((long) pixels * z.inputs());
    engine.scratch().reserve(rowsAt + rows.room());
    long values = sums.roomBehind(count, size + z.outputs(), rows.weights());
    rows.weights(engine, weights, values);
    sums.run(
        count,
        size + z.outputs(),
        (image, worker, sum) -> {
          long own = engine.own(worker);
          int first = image * pixels;
          Matrix in = images.rows(first, pixels);
          Matrix error = errors.rows(first, pixels);
          if (db != null) {
            error.addRowsTo(Native.at(sum, size));
          }
          long seers = Neighbours.seers(errors, first, pixels, runs, z.width(), own);
          Matrix wide = Matrix.dense(stored, seers, pixels, runs.slots() * z.outputs());
          Matrix slope = Matrix.dense(stored.fp32(), sum, weights.rows(), z.inputs());
          long at = stored.at(slopes, first, z.inputs(), 0);
          Matrix result = Matrix.dense(stored, at, pixels, z.inputs());
          Matrix down = result.floats(Native.at(own, spread));
          if (slopes != 0 && add) {
            result.fetch(down);
          } else if (slopes != 0) {
            down.clear();
          }
          for (int k = 0; k < runs.runs().size(); k++) {
            Run run = runs.runs().get(k);
            if (slopes != 0 && !rows.has(run.first())) {
              inputGradient(z, run, wide, weights, down);
            }
            if (dw != null) {
              weightGradient(z, run, wide, in, slope);
            }
          }
          if (slopes != 0) {
            rows.backward(error, values, weights, Native.at(own, rowsAt), down);
            result.store(down);
          }
        });
    if (dw != null) {
      sums.addTo(dw.address(), 0, size);
    }
    if (db != null) {
      sums.addTo(db.address(), size, z.outputs());
    }
  }

  /// dx, floats, += dy·w over a run of taps
  private static void inputGradient(Layer z, Run run, Matrix wide, Matrix w, Matrix dx) {
    int count = run.seen(z.height()) * z.width();
    if (count > 0) {
      int from = run.firstSeen() * z.width();
      int depth = run.length() * z.outputs();
      dx.rows(from, count)
          .add(seers(z, run, wide, from, count), w.rows(run.first() * z.outputs(), depth));
    }
  }

  /// dw, floats, += dyᵀ·x over a run of taps
  private static void weightGradient(Layer z, Run run, Matrix wide, Matrix x, Matrix dw) {
    int count = run.seen(z.height()) * z.width();
    if (count > 0) {
      int from = run.firstSeen() * z.width();
      int depth = run.length() * z.outputs();
      dw.rows(run.first() * z.outputs(), depth)
          .add(seers(z, run, wide, from, count).transpose(), x.rows(from, count));
    }
  }

  /// What saw some pixels of x by a run of taps: a row is seen from `down` rows above it.
  private static Matrix seers(Layer z, Run run, Matrix wide, int from, int count) {
    int o = z.outputs();
    return wide.block(from - run.down() * z.width(), count, run.slot() * o, run.length() * o);
  }
}
