package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.CausalConv1d;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.cpu.conv.PairedTaps.Weights;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.GroupSums;
import dev.hindsight.backend.cpu.linear.Epilogue;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Causal convolutions over sequences: one product for each tap of a tile of positions, whose rows
/// are those of x, some positions earlier. Nothing is copied or padded; where a tap would read
/// before the sequence its product has fewer rows. Two taps of many channels are left to
/// [PairedTaps].
public final class CpuCausalConv1d implements CausalConv1d {
  /// Positions of one share: the larger, the less often a product copies its weights; this many
  /// rows of 640 channels still fit in a core's own cache.
  static final int ROWS = 392;

  private final Engine engine;
  private final GroupSums sums;

  public CpuCausalConv1d(Engine engine) {
    this.engine = engine;
    this.sums = new GroupSums(engine);
  }

  /// x (B,T,I) w (K,O,I) y (B,T,O)
  ///
  /// @param stored how all three lie
  /// @param pairs what filters two taps; null where each is a product
  record ConvShape(
      Stored stored,
      int images,
      int length,
      int inputs,
      int outputs,
      int width,
      int dilation,
      @Nullable PairedTaps pairs) {

    int shift(int tap) {
      return (width - 1 - tap) * dilation;
    }

    int tiles() {
      return pairs == null ? Math.ceilDiv(length, ROWS) : pairs.tiles();
    }

    /// The first row of a tile.
    ///
    /// @param back for dx
    int row(boolean back, int tile) {
      return pairs == null ? tile * ROWS : pairs.row(back, tile);
    }

    int rows(int tile) {
      return pairs == null ? Math.min(ROWS, length - tile * ROWS) : pairs.rows(tile);
    }

    int mostRows() {
      return pairs == null ? ROWS : pairs.mostRows();
    }

    /// An image of x or y.
    Matrix image(Matrix images, int image) {
      return images.rows(image * length, length);
    }

    long weights() {
      return width * tap();
    }

    /// Numbers of a tap.
    long tap() {
      return (long) outputs * inputs;
    }

    /// The same of the sum of two taps, where pairs are filtered.
    long both() {
      return pairs == null ? 0 : tap();
    }

    /// Floats that a thread needs for a tile of y.
    long outputsRoom() {
      return pairs == null ? 0 : pairs.room(inputs, outputs);
    }

    /// The same for a tile of dx.
    long inputsRoom() {
      return pairs == null ? stored.room((long) ROWS * inputs) : pairs.room(outputs, inputs);
    }
  }

  ConvShape shape(Tensor x, Tensor w, int dilation) {
    Stored stored = engine.stored(x);
    int length = x.dim(1);
    int inputs = w.dim(2);
    int outputs = w.dim(1);
    PairedTaps pairs = null;
    if (w.dim(0) == 2 && PairedTaps.pays(stored, length, dilation, inputs, outputs)) {
      WarmUp.DIFFERENCE.before();
      pairs = new PairedTaps(length, dilation);
    }
    return new ConvShape(stored, x.dim(0), length, inputs, outputs, w.dim(0), dilation, pairs);
  }

  /// A tile of positions of an image.
  @FunctionalInterface
  interface Tile {
    void run(int image, int row, int rows, int worker);
  }

  /// @param back for dx
  void eachTile(ConvShape z, boolean back, Tile work) {
    int tiles = z.tiles();
    engine.run(
        z.images() * tiles,
        (share, worker) -> {
          int tile = share % tiles;
          work.run(share / tiles, z.row(back, tile), z.rows(tile), worker);
        });
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y) {
    ConvShape z = shape(x, w, dilation);
    Matrix in = engine.matrix(x);
    Matrix out = engine.matrix(y);
    long bias = Engine.orZero(b);
    engine.shared().reserve(z.stored().asFloats(z.weights() + z.both()));
    long block = z.stored().room((long) z.mostRows() * z.outputs());
    engine.scratch().reserve(block + z.outputsRoom());
    Weights turned = turn(z, engine.matrix(w), engine.shared().of(0));
    eachTile(
        z,
        false,
        (image, row, rows, worker) -> {
          long own = engine.own(worker);
          Matrix to = z.image(out, image).rows(row, rows);
          Matrix sum = to.floats(own);
          outputs(z, z.image(in, image), turned, row, sum, Native.at(own, block));
          Epilogue.forward(Activation.IDENTITY, bias, sum);
          to.store(sum);
        });
  }

  @Override
  public void backward(Tensor x, Tensor w, int dilation, Tensor dy, Gradients to) {
    ConvShape z = shape(x, w, dilation);
    Matrix in = engine.matrix(x);
    Matrix up = engine.matrix(dy);
    Matrix down = engine.begunOrNull(to.dx());
    Tensor dw = to.dw();
    Tensor db = to.db();
    engine.scratch().reserve(z.inputsRoom());
    if (down != null) {
      engine.shared().reserve(z.both());
      Weights weights = withBoth(z, engine.matrix(w), engine.shared().of(0));
      eachTile(
          z,
          true,
          (image, row, rows, worker) -> {
            Matrix sum = z.image(down, image);
            inputs(z, z.image(up, image), weights, row, rows, sum, engine.own(worker));
          });
    }
    if (dw == null && db == null) {
      return;
    }
    sums.run(
        z.images(),
        z.weights() + z.outputs(),
        (image, worker, sum) -> {
          Matrix gradient = z.image(up, image);
          weights(z, z.image(in, image), gradient, sum);
          gradient.addRowsTo(Native.at(sum, z.weights()));
        });
    if (dw != null) {
      sums.addTo(dw.address(), 0, z.weights());
    }
    if (db != null) {
      sums.addTo(db.address(), z.weights(), z.outputs());
    }
  }

  /// Weights as products forward want them, and their sum behind them.
  Weights turn(ConvShape z, Matrix w, long to) {
    Matrix turned = TurnedTaps.of(engine, w, z.outputs(), to);
    return withBoth(z, turned, turned.row(turned.rows()));
  }

  /// Weights in either order of channels and, where pairs want it, the sum of two taps.
  ///
  /// @param to where that gets its place
  Weights withBoth(ConvShape z, Matrix w, long to) {
    int depth = w.rows() / z.width();
    Matrix both = Matrix.dense(z.stored(), to, depth, w.columns());
    if (z.pairs() != null) {
      engine.run(
          depth, (row, _) -> Loops.add(w.row(row), w.row(depth + row), both.row(row), w.columns()));
    }
    return new Weights(w, both);
  }

  /// y = the convolution without its bias, over a tile of one image.
  ///
  /// @param turned see [#turn]
  /// @param row the tile's first
  /// @param y the tile's floats
  /// @param room [ConvShape#outputsRoom]
  void outputs(ConvShape z, Matrix x, Weights turned, int row, Matrix y, long room) {
    int rows = y.rows();
    if (z.pairs() != null) {
      z.pairs().filter(false, row, rows, x, turned, y.rows(-row, z.length()), room);
      return;
    }
    int i = z.inputs();
    for (int tap = z.width() - 1; tap >= 0; tap--) { // the last sees every position, so it begins
      int from = Math.max(row, z.shift(tap));
      int count = row + rows - from;
      if (count > 0) {
        Matrix seen = x.rows(from - z.shift(tap), count);
        y.rows(from - row, count)
            .product(tap < z.width() - 1, seen, turned.taps().rows(tap * i, i));
      }
    }
  }

  /// dx += the gradient, over a tile of one image.
  ///
  /// @param weights see [#withBoth]
  /// @param room [ConvShape#inputsRoom]
  void inputs(ConvShape z, Matrix dy, Weights weights, int row, int rows, Matrix dx, long room) {
    if (z.pairs() != null) {
      z.pairs().filter(true, row, rows, dy, weights, dx, room);
      return;
    }
    int o = z.outputs();
    Matrix to = dx.rows(row, rows);
    Matrix sum = to.floats(room);
    to.fetch(sum);
    for (int tap = z.width() - 1; tap >= 0; tap--) {
      int count = Math.min(row + rows, z.length() - z.shift(tap)) - row;
      if (count > 0) {
        Matrix up = dy.rows(row + z.shift(tap), count);
        sum.rows(0, count).add(up, weights.taps().rows(tap * o, o));
      }
    }
    to.store(sum);
  }

  /// dw += the gradient of one image.
  ///
  /// @param dw floats (K,O,I)
  void weights(ConvShape z, Matrix x, Matrix dy, long dw) {
    int o = z.outputs();
    Matrix sum = Matrix.dense(z.stored().fp32(), dw, z.width() * o, z.inputs());
    for (int tap = 0; tap < z.width(); tap++) {
      int seen = z.length() - z.shift(tap);
      if (seen > 0) {
        Matrix up = dy.rows(z.shift(tap), seen);
        sum.rows(tap * o, o).add(up.transpose(), x.rows(0, seen));
      }
    }
  }
}
