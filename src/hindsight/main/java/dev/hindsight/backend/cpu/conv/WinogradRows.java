package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.cpu.conv.CpuMaskedConv2d.Layer;
import dev.hindsight.backend.cpu.conv.TapRuns.Run;
import dev.hindsight.backend.cpu.loops.AttentionLoops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.StoredFp32;

/// Rows of taps of a convolution by [Winograd]: a row of the kernel over a row of the image, 4
/// outputs a tile, in fp32. Of each of a tile's values all rows of an image are one product, whose
/// depth is the channels, and another row of the kernel is the same memory, begun some rows later.
///
/// What is infinite or NaN must reach exactly those who see it: rows of the image that hold such
/// are left out, and added as plain products.
///
/// @param rows of the same length and place, which is the form's
record WinogradRows(StoredFp32 stored, Winograd form, TapRuns rows, Layer layer) {
  private int tiles() {
    return Winograd.tiles(layer.width());
  }

  /// Values of all tiles of an image: for each value of a tile all rows and their tiles.
  private Matrix planes(long at, int channels) {
    int count = form.inputs() * layer.height() * tiles();
    return Matrix.dense(stored, at, count, channels);
  }

  /// Where a value of a tile is in them.
  private int place(int value, int row, int tile) {
    return (value * layer.height() + row) * tiles() + tile;
  }

  /// Floats that a thread needs: planes seen and made, then a row's neighbours, or the channels of
  /// a pixel.
  long room() {
    int channels = Math.max(layer.inputs(), layer.outputs());
    long planes = (long) form.inputs() * layer.height() * tiles();
    return planes * (layer.inputs() + layer.outputs())
        + (long) layer.width() * rows.slots() * channels;
  }

  /// Floats of the weights' values.
  long weights() {
    return (long) shares() * layer.inputs() * layer.outputs();
  }

  /// In which the weights' values are computed.
  int shares() {
    return rows.runs().size() * form.inputs();
  }

  /// One value of a row of taps.
  ///
  /// @param w all taps, in either order of channels
  void weights(int share, Matrix w, long to) {
    int size = layer.inputs() * layer.outputs();
    int tap = rows.runs().get(share / form.inputs()).first();
    long coefficients = form.ofWeights(share % form.inputs());
    long taps = Native.at(w.address(), tap, size, 0);
    AttentionLoops.weightedSum(
        coefficients, form.weights(), taps, size, size, Native.at(to, share, size, 0));
  }

  /// y += what an image's rows of taps see, times their weights
  ///
  /// @param values of the weights, each (I,O)
  /// @param turned the taps themselves, each (I,O)
  /// @param room [#room]
  void forward(Matrix x, long values, Matrix turned, long room, Matrix y) {
    Matrix seen = planes(room, layer.inputs());
    Matrix out = planes(seen.row(seen.rows()), layer.outputs());
    long spare = out.row(out.rows());
    int width = layer.width();
    boolean finite = true;
    for (int r = 0; r < layer.height(); r++) {
      boolean plain = x.allFinite(r * width, width);
      finite &= plain;
      windows(plain, r, x, seen);
    }
    out.clear();
    products(false, seen, values, out);
    for (int r = 0; r < layer.height(); r++) {
      for (int tile = 0; tile < tiles(); tile++) {
        int column = tile * Winograd.OUTPUTS;
        int columns = Math.min(Winograd.OUTPUTS, layer.width() - column);
        for (int k = 0; k < columns; k++) {
          long to = y.row(r * layer.width() + column + k);
          addValues(form.toOutput(k), out, place(0, r, tile), spare, to);
        }
      }
    }
    for (int r = 0; r < layer.height() && !finite; r++) {
      if (!x.allFinite(r * width, width)) {
        long wide = Neighbours.seen(x, r * width, width, rows, width, spare);
        plain(false, wide(wide, x.columns()), r, turned, y);
      }
    }
  }

  /// A row of the image.
  private Matrix row(Matrix x, int r) {
    return x.rows(r * layer.width(), layer.width());
  }

  /// The neighbours of a row's pixels.
  private Matrix wide(long at, int channels) {
    return Matrix.dense(stored, at, layer.width(), rows.slots() * channels);
  }

  /// out += what pixels saw, times weights, or, `back`, what saw them, of each value and row of
  /// taps
  private void products(boolean back, Matrix seen, long values, Matrix out) {
    int in = seen.columns();
    for (int value = 0; value < form.inputs(); value++) {
      for (int k = 0; k < rows.runs().size(); k++) {
        Run run = rows.runs().get(k);
        int count = (run.to(layer.height()) - run.from()) * tiles();
        if (count > 0) {
          int own = place(value, run.from(), 0);
          int other = place(value, run.from() + run.down(), 0);
          long weight = Native.at(values, k * form.inputs() + value, in * out.columns(), 0);
          out.rows(back ? other : own, count)
              .add(
                  seen.rows(back ? own : other, count),
                  Matrix.dense(stored, weight, in, out.columns()));
        }
      }
    }
  }

  /// The values of the windows of a row of x; zeros where it is not to count.
  private void windows(boolean counts, int r, Matrix x, Matrix to) {
    for (int tile = 0; tile < tiles(); tile++) {
      int left = tile * Winograd.OUTPUTS + rows.left();
      int first = Math.clamp(-(long) left, 0, form.inputs());
      int end = counts ? Math.clamp((long) layer.width() - left, first, form.inputs()) : first;
      int from = r * layer.width() + left + first;
      for (int value = 0; value < form.inputs(); value++) {
        long coefficients = Native.at(form.ofInputs(value), first);
        weigh(coefficients, end - first, x, from, to.row(place(value, r, tile)));
      }
    }
  }

  /// to = coefficients · as many rows
  private void weigh(long coefficients, int rows, Matrix x, int first, long to) {
    AttentionLoops.weightedSum(coefficients, rows, x.row(first), x.pitch(), x.columns(), to);
  }

  /// to += coefficients · the values of a tile
  private void addValues(long coefficients, Matrix planes, int place, long spare, long to) {
    int pitch = layer.height() * tiles() * planes.columns();
    int channels = planes.columns();
    AttentionLoops.weightedSum(
        coefficients, form.inputs(), planes.row(place), pitch, channels, spare);
    stored.addTo(to, spare, channels);
  }

  /// y += a row's neighbours times the weights, as plain products.
  private void plain(boolean back, Matrix wide, int r, Matrix w, Matrix y) {
    for (Run run : rows.runs()) {
      int to = back ? r + run.down() : r - run.down();
      if (to >= 0 && to < layer.height()) {
        int channels = wide.columns() / rows.slots();
        row(y, to).add(wide, w.rows(run.first() * channels, wide.columns()));
      }
    }
  }

  /// dx += dy·w over an image's rows of taps
  ///
  /// @param values of the weights, each (O,I)
  /// @param w the taps themselves
  /// @param room [#room]
  void backward(Matrix dy, long values, Matrix w, long room, Matrix dx) {
    Matrix up = planes(room, layer.outputs());
    Matrix down = planes(up.row(up.rows()), layer.inputs());
    long spare = down.row(down.rows());
    int width = layer.width();
    boolean finite = true;
    for (int r = 0; r < layer.height(); r++) {
      boolean plain = dy.allFinite(r * width, width);
      finite &= plain;
      slopes(plain, r, dy, up);
    }
    down.clear();
    products(true, up, values, down);
    for (int r = 0; r < layer.height(); r++) {
      spread(r, down, spare, dx);
    }
    for (int r = 0; r < layer.height() && !finite; r++) {
      if (!dy.allFinite(r * width, width)) {
        long wide = Neighbours.seers(dy, r * width, width, rows, width, spare);
        plain(true, wide(wide, dy.columns()), r, w, dx);
      }
    }
  }

  /// The values of the tiles of a row of dy; zeros where it is not to count.
  private void slopes(boolean counts, int r, Matrix dy, Matrix to) {
    for (int tile = 0; tile < tiles(); tile++) {
      int column = tile * Winograd.OUTPUTS;
      int columns = counts ? Math.min(Winograd.OUTPUTS, layer.width() - column) : 0;
      int from = r * layer.width() + column;
      for (int value = 0; value < form.inputs(); value++) {
        weigh(form.ofGradients(value), columns, dy, from, to.row(place(value, r, tile)));
      }
    }
  }

  /// dx += what the tiles of a row say of their windows
  private void spread(int r, Matrix down, long spare, Matrix dx) {
    for (int tile = 0; tile < tiles(); tile++) {
      int left = tile * Winograd.OUTPUTS + rows.left();
      int end = Math.clamp((long) layer.width() - left, 0, form.inputs());
      for (int k = Math.max(0, -left); k < end; k++) {
        long to = dx.row(r * layer.width() + left + k);
        addValues(form.toInput(k), down, place(0, r, tile), spare, to);
      }
    }
  }
}
