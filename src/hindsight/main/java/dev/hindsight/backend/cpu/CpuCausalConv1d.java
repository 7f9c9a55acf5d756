package dev.hindsight.backend.cpu;

import dev.hindsight.backend.CausalConv1d;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Causal convolutions over sequences: one product for each tap of a tile of positions, whose rows
/// are those of x, some positions earlier. Nothing is copied or padded; where a tap would read
/// before the sequence its product has fewer rows.
final class CpuCausalConv1d implements CausalConv1d {
  /// Positions of one share: the larger, the less often a product copies its weights; this many
  /// rows of 640 channels still fit in a core's own cache.
  static final int ROWS = 392;

  private final Engine engine;
  private final Loops loops;
  private final GroupSums sums;

  CpuCausalConv1d(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.sums = new GroupSums(engine);
  }

  /// x (B,T,I) w (K,O,I) y (B,T,O)
  ///
  /// @param stored how all three lie
  record ConvShape(
      Stored stored, int images, int length, int inputs, int outputs, int width, int dilation) {

    Gemm gemm() {
      return stored.gemm();
    }

    int shift(int tap) {
      return (width - 1 - tap) * dilation;
    }

    int tiles() {
      return Math.ceilDiv(length, ROWS);
    }

    /// Where an image of x begins; likewise of y.
    long x(long x, int image) {
      return stored.at(x, (long) image * length, inputs, 0);
    }

    long y(long y, int image) {
      return stored.at(y, (long) image * length, outputs, 0);
    }

    long weights() {
      return (long) width * outputs * inputs;
    }
  }

  ConvShape shape(Tensor x, Tensor w, int dilation) {
    return new ConvShape(
        engine.stored(x), x.dim(0), x.dim(1), w.dim(2), w.dim(1), w.dim(0), dilation);
  }

  /// A tile of positions of an image.
  @FunctionalInterface
  interface Tile {
    void run(int image, int row, int rows, int worker);
  }

  void eachTile(ConvShape z, Tile work) {
    int tiles = z.tiles();
    engine
        .workers()
        .run(
            z.images() * tiles,
            (share, worker) -> {
              int row = share % tiles * ROWS;
              work.run(share / tiles, row, Math.min(ROWS, z.length() - row), worker);
            });
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y) {
    ConvShape z = shape(x, w, dilation);
    forward(z, x.address(), w.address(), Engine.orZero(b), y.address());
  }

  /// @param b 0 when there is none
  private void forward(ConvShape z, long x, long w, long b, long y) {
    Stored stored = z.stored();
    engine.shared().reserve(stored.asFloats(z.weights()));
    engine.scratch().reserve(stored.room((long) ROWS * z.outputs()));
    long turned = turn(z, w, engine.shared().of(0));
    eachTile(
        z,
        (image, row, rows, worker) -> {
          long to = stored.at(z.y(y, image), row, z.outputs(), 0);
          long out = stored.floats(to, engine.scratch().of(worker));
          outputs(z, z.x(x, image), turned, row, rows, out);
          if (b != 0) {
            for (int r = 0; r < rows; r++) {
              loops.addBias(false, b, Raw.at(out, r, z.outputs(), 0), z.outputs());
            }
          }
          stored.store(rows, z.outputs(), out, to, z.outputs());
        });
  }

  @Override
  public void backward(
      Tensor x,
      Tensor w,
      int dilation,
      Tensor dy,
      @Nullable Gradient dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    backward(
        shape(x, w, dilation),
        x.address(),
        w.address(),
        dy.address(),
        engine.begunOrZero(dx),
        Engine.orZero(dw),
        Engine.orZero(db));
  }

  /// @param dx 0 when it is not wanted; dw and db likewise
  private void backward(ConvShape z, long x, long w, long dy, long dx, long dw, long db) {
    Stored stored = z.stored();
    engine.scratch().reserve(stored.room((long) ROWS * z.inputs()));
    if (dx != 0) {
      eachTile(
          z,
          (image, row, rows, worker) -> {
            long to = stored.at(z.x(dx, image), row, z.inputs(), 0);
            inputs(z, z.y(dy, image), w, row, rows, to, engine.scratch().of(worker));
          });
    }
    if (dw == 0 && db == 0) {
      return;
    }
    sums.run(
        z.images(),
        z.weights() + z.outputs(),
        (image, worker, sum) -> {
          long gradient = z.y(dy, image);
          weights(z, z.x(x, image), gradient, sum);
          columns(stored, gradient, z.length(), z.outputs(), Raw.at(sum, z.weights()));
        });
    if (dw != 0) {
      sums.addTo(dw, 0, z.weights());
    }
    if (db != 0) {
      sums.addTo(db, z.weights(), z.outputs());
    }
  }

  /// to (K,I,O) = w (K,O,I), as a product wants it, once for all tiles
  long turn(ConvShape z, long w, long to) {
    engine
        .workers()
        .run(
            z.width(),
            (tap, worker) -> {
              long at = z.stored().at(0, (long) tap * z.outputs(), z.inputs(), 0);
              z.stored().transpose(w + at, z.outputs(), z.inputs(), z.inputs(), to + at);
            });
    return to;
  }

  /// y = the convolution without its bias, over a tile of one image.
  ///
  /// @param turned the weights (K,I,O)
  /// @param y the tile's floats
  void outputs(ConvShape z, long x, long turned, int row, int rows, long y) {
    int i = z.inputs();
    int o = z.outputs();
    for (int tap = z.width() - 1; tap >= 0; tap--) { // the last sees every position, so it begins
      int from = Math.max(row, z.shift(tap));
      int count = row + rows - from;
      if (count > 0) {
        z.gemm()
            .multiply(
                false,
                false,
                count,
                o,
                i,
                z.stored().at(x, from - z.shift(tap), i, 0),
                i,
                z.stored().at(turned, (long) tap * i, o, 0),
                o,
                tap < z.width() - 1,
                Raw.at(y, from - row, o, 0),
                o);
      }
    }
  }

  /// dx += the gradient, over a tile of one image.
  ///
  /// @param dx where the first row of the tile goes
  /// @param room for the tile's floats
  void inputs(ConvShape z, long dy, long w, int row, int rows, long dx, long room) {
    int i = z.inputs();
    int o = z.outputs();
    long sum = z.stored().floats(dx, room);
    z.stored().fetch(rows, i, dx, i, sum);
    for (int tap = z.width() - 1; tap >= 0; tap--) {
      int count = Math.min(row + rows, z.length() - z.shift(tap)) - row;
      if (count > 0) {
        z.gemm()
            .multiply(
                false,
                false,
                count,
                i,
                o,
                z.stored().at(dy, row + z.shift(tap), o, 0),
                o,
                z.stored().at(w, (long) tap * o, i, 0),
                i,
                true,
                sum,
                i);
      }
    }
    z.stored().store(rows, i, sum, dx, i);
  }

  /// dw += the gradient of one image.
  void weights(ConvShape z, long x, long dy, long dw) {
    int i = z.inputs();
    int o = z.outputs();
    for (int tap = 0; tap < z.width(); tap++) {
      int seen = z.length() - z.shift(tap);
      if (seen > 0) {
        z.gemm()
            .multiply(
                true,
                false,
                o,
                i,
                seen,
                z.stored().at(dy, z.shift(tap), o, 0),
                o,
                x,
                i,
                true,
                Raw.at(dw, (long) tap * o, i, 0),
                i);
      }
    }
  }

  /// sum += the columns of some rows.
  void columns(Stored stored, long rows, int count, int channels, long sum) {
    for (int r = 0; r < count; r++) {
      stored.addTo(sum, stored.at(rows, r, channels, 0), channels);
    }
  }
}
