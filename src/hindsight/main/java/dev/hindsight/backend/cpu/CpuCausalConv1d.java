package dev.hindsight.backend.cpu;

import dev.hindsight.backend.CausalConv1d;
import dev.hindsight.backend.Gradients;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Causal convolutions over sequences: one product for each tap of a tile of positions, whose rows
/// are those of x, some positions earlier. Nothing is copied or padded; where a tap would read
/// before the sequence its product has fewer rows. Two taps of many channels are left to
/// [PairedTaps].
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

    Gemm gemm() {
      return stored.gemm();
    }

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

    /// Where an image of x begins; likewise of y.
    long x(long x, int image) {
      return stored.at(x, (long) image * length, inputs, 0);
    }

    long y(long y, int image) {
      return stored.at(y, (long) image * length, outputs, 0);
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
      WarmUp.DIFFERENCE.before(loops);
      pairs = new PairedTaps(stored.gemm(), loops, length, dilation);
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
    engine
        .workers()
        .run(
            z.images() * tiles,
            (share, worker) -> {
              int tile = share % tiles;
              work.run(share / tiles, z.row(back, tile), z.rows(tile), worker);
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
    engine.shared().reserve(stored.asFloats(z.weights() + z.both()));
    long block = stored.room((long) z.mostRows() * z.outputs());
    engine.scratch().reserve(block + z.outputsRoom());
    long turned = turn(z, w, engine.shared().of(0));
    eachTile(
        z,
        false,
        (image, row, rows, worker) -> {
          long own = engine.scratch().of(worker);
          long to = stored.at(z.y(y, image), row, z.outputs(), 0);
          long out = stored.floats(to, own);
          outputs(z, z.x(x, image), turned, row, rows, out, Raw.at(own, block));
          if (b != 0) {
            for (int r = 0; r < rows; r++) {
              loops.addBias(false, b, Raw.at(out, r, z.outputs(), 0), z.outputs());
            }
          }
          stored.store(rows, z.outputs(), out, to, z.outputs());
        });
  }

  @Override
  public void backward(Tensor x, Tensor w, int dilation, Tensor dy, Gradients to) {
    backward(
        shape(x, w, dilation),
        x.address(),
        w.address(),
        dy.address(),
        engine.begunOrZero(to.dx()),
        Engine.orZero(to.dw()),
        Engine.orZero(to.db()));
  }

  /// @param dx 0 when it is not wanted; dw and db likewise
  private void backward(ConvShape z, long x, long w, long dy, long dx, long dw, long db) {
    Stored stored = z.stored();
    engine.scratch().reserve(z.inputsRoom());
    if (dx != 0) {
      engine.shared().reserve(z.both());
      long both = both(z, w, engine.shared().of(0));
      eachTile(
          z,
          true,
          (image, row, rows, worker) ->
              inputs(
                  z,
                  z.y(dy, image),
                  w,
                  both,
                  row,
                  rows,
                  z.x(dx, image),
                  engine.scratch().of(worker)));
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

  /// to (K,I,O) = w (K,O,I), as a product wants it, once for all tiles; behind it [#both].
  long turn(ConvShape z, long w, long to) {
    engine
        .workers()
        .run(
            z.width(),
            (tap, worker) -> {
              long at = z.stored().at(0, (long) tap * z.outputs(), z.inputs(), 0);
              z.stored().transpose(w + at, z.outputs(), z.inputs(), z.inputs(), to + at);
            });
    both(z, to, Raw.at(to, z.weights()));
    return to;
  }

  /// to = the sum of two taps, in either order of channels, where pairs want it.
  long both(ConvShape z, long w, long to) {
    if (z.pairs() != null) {
      engine
          .workers()
          .run(
              z.inputs(),
              (share, worker) -> {
                long at = Raw.at(0, share, z.outputs(), 0);
                loops.add(w + at, Raw.at(w, z.tap()) + at, to + at, z.outputs());
              });
    }
    return to;
  }

  /// y = the convolution without its bias, over a tile of one image.
  ///
  /// @param turned the weights (K,I,O) and what [#turn] put behind them
  /// @param y the tile's floats
  /// @param room [ConvShape#outputsRoom]
  void outputs(ConvShape z, long x, long turned, int row, int rows, long y, long room) {
    int i = z.inputs();
    int o = z.outputs();
    if (z.pairs() != null) {
      long own = Raw.at(turned, z.tap());
      long both = Raw.at(own, z.tap());
      long begin = Raw.at(y, -row, o, 0);
      z.pairs().filter(false, row, rows, x, i, turned, own, both, o, false, begin, room);
      return;
    }
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
  /// @param both [#both] of w
  /// @param dx where the image begins
  /// @param room [ConvShape#inputsRoom]
  void inputs(ConvShape z, long dy, long w, long both, int row, int rows, long dx, long room) {
    int i = z.inputs();
    int o = z.outputs();
    if (z.pairs() != null) {
      long own = Raw.at(w, z.tap());
      z.pairs().filter(true, row, rows, dy, o, w, own, both, i, true, dx, room);
      return;
    }
    long to = z.stored().at(dx, row, i, 0);
    long sum = z.stored().floats(to, room);
    z.stored().fetch(rows, i, to, i, sum);
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
    z.stored().store(rows, i, sum, to, i);
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
