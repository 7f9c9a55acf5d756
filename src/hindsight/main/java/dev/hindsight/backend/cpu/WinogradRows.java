package dev.hindsight.backend.cpu;

import dev.hindsight.backend.cpu.TapRuns.Run;

/// Rows of taps of a convolution by [Winograd]: a row of the kernel over a row of the image, 4
/// outputs a tile, in fp32. Of each of a tile's values all rows of an image are one product, whose
/// depth is the channels, and another row of the kernel is the same memory, begun some rows later.
///
/// What is infinite or NaN must reach exactly those who see it: rows of the image that hold such
/// are left out, and added as plain products.
///
/// @param sums that weigh values
/// @param rows of the same length and place, which is the form's
record WinogradRows(
    Stored stored,
    Loops loops,
    AttentionLoops sums,
    Winograd form,
    TapRuns rows,
    int height,
    int width,
    int inputs,
    int outputs) {
  private int tiles() {
    return Winograd.tiles(width);
  }

  /// Floats of one value of all tiles of an image.
  private int plane(int channels) {
    return height * tiles() * channels;
  }

  private long planes(int channels) {
    return (long) form.inputs() * plane(channels);
  }

  /// For a row's neighbours, or the channels of a pixel.
  private long spare(int channels) {
    return Math.max((long) width * rows.slots() * channels, Math.max(inputs, outputs));
  }

  /// Floats that a thread needs forward.
  long forwardRoom() {
    return planes(inputs) + planes(outputs) + spare(inputs);
  }

  /// The same backward.
  long backwardRoom() {
    return planes(inputs) + planes(outputs) + spare(outputs);
  }

  /// Floats of the weights' values.
  long weights() {
    return (long) shares() * inputs * outputs;
  }

  /// In which the weights' values are computed.
  int shares() {
    return rows.runs().size() * form.inputs();
  }

  /// One value of a row of taps.
  ///
  /// @param w all taps, in either order of channels
  void weights(int share, long w, long to) {
    int size = inputs * outputs;
    long taps = Raw.at(w, rows.runs().get(share / form.inputs()).first(), size, 0);
    long coefficients = form.ofWeights(share % form.inputs());
    sums.weightedSum(coefficients, form.weights(), taps, size, size, Raw.at(to, share, size, 0));
  }

  /// y += what an image's rows of taps see, times their weights
  ///
  /// @param values of the weights, each (I,O)
  /// @param turned the taps themselves, each (I,O)
  /// @param room [#forwardRoom]
  void forward(long x, long values, long turned, long room, long y) {
    long seen = room;
    long out = Raw.at(seen, planes(inputs));
    long spare = Raw.at(out, planes(outputs));
    boolean finite = true;
    for (int r = 0; r < height; r++) {
      boolean plain = isFinite(x, r, inputs);
      finite &= plain;
      windows(plain, r, x, seen);
    }
    Raw.zero(out, planes(outputs) * Float.BYTES);
    for (int value = 0; value < form.inputs(); value++) {
      for (int k = 0; k < rows.runs().size(); k++) {
        Run run = rows.runs().get(k);
        product(run, at(seen, value, run, inputs), weight(values, k, value), out, value);
      }
    }
    for (int r = 0; r < height; r++) {
      for (int tile = 0; tile < tiles(); tile++) {
        int column = tile * Winograd.OUTPUTS;
        int columns = Math.min(Winograd.OUTPUTS, width - column);
        long from = Raw.at(out, (long) r * tiles() + tile, outputs, 0);
        for (int k = 0; k < columns; k++) {
          long to = Raw.at(y, (long) r * width + column + k, outputs, 0);
          add(form.toOutput(k), from, outputs, spare, to);
        }
      }
    }
    for (int r = 0; r < height && !finite; r++) {
      if (!isFinite(x, r, inputs)) {
        forwardPlain(x, r, turned, spare, y);
      }
    }
  }

  /// out += what pixels saw, times weights, both of one value
  private void product(Run run, long seen, long weights, long out, int value) {
    int from = run.from();
    int count = (run.to(height) - from) * tiles();
    if (count > 0) {
      long to = Raw.at(out, (long) value * height + from, tiles() * outputs, 0);
      stored
          .gemm()
          .multiply(
              false, false, count, outputs, inputs, seen, inputs, weights, outputs, true, to,
              outputs);
    }
  }

  /// Where the rows begin that a run sees.
  private long at(long planes, int value, Run run, int channels) {
    return Raw.at(planes, (long) value * height + run.from() + run.down(), tiles() * channels, 0);
  }

  private long weight(long values, int k, int value) {
    return Raw.at(values, (long) k * form.inputs() + value, inputs * outputs, 0);
  }

  private boolean isFinite(long x, int r, int channels) {
    return loops.allFinite(Raw.at(x, (long) r * width, channels, 0), (long) width * channels);
  }

  /// The values of the windows of a row of x; zeros where it is not to count.
  private void windows(boolean counts, int r, long x, long to) {
    for (int tile = 0; tile < tiles(); tile++) {
      int left = tile * Winograd.OUTPUTS + rows.left();
      int first = Math.clamp(-(long) left, 0, form.inputs());
      int end = counts ? Math.clamp((long) width - left, first, form.inputs()) : first;
      long from = Raw.at(x, (long) r * width + left + first, inputs, 0);
      for (int value = 0; value < form.inputs(); value++) {
        long coefficients = Raw.at(form.ofInputs(value), first);
        long at = place(to, value, r, tile, inputs);
        sums.weightedSum(coefficients, end - first, from, inputs, inputs, at);
      }
    }
  }

  private long place(long planes, int value, int r, int tile, int channels) {
    return Raw.at(planes, ((long) value * height + r) * tiles() + tile, channels, 0);
  }

  /// to += coefficients · the values of a tile
  private void add(long coefficients, long from, int channels, long spare, long to) {
    int pitch = plane(channels);
    sums.weightedSum(coefficients, form.inputs(), from, pitch, channels, spare);
    loops.add(to, spare, to, channels);
  }

  private void forwardPlain(long x, int r, long turned, long spare, long y) {
    Neighbours.seen(stored, rows, 1, width, inputs, Raw.at(x, (long) r * width, inputs, 0), spare);
    int depth = rows.slots() * inputs;
    for (Run run : rows.runs()) {
      int to = r - run.down();
      if (to >= 0 && to < height) {
        long weights = Raw.at(turned, (long) run.first() * inputs, outputs, 0);
        long sum = Raw.at(y, (long) to * width, outputs, 0);
        stored
            .gemm()
            .multiply(
                false, false, width, outputs, depth, spare, depth, weights, outputs, true, sum,
                outputs);
      }
    }
  }

  /// dx += dy·w over an image's rows of taps
  ///
  /// @param values of the weights, each (O,I)
  /// @param w the taps themselves
  /// @param room [#backwardRoom]
  void backward(long dy, long values, long w, long room, long dx) {
    long up = room;
    long down = Raw.at(up, planes(outputs));
    long spare = Raw.at(down, planes(inputs));
    boolean finite = true;
    for (int r = 0; r < height; r++) {
      boolean plain = isFinite(dy, r, outputs);
      finite &= plain;
      slopes(plain, r, dy, up);
    }
    Raw.zero(down, planes(inputs) * Float.BYTES);
    for (int value = 0; value < form.inputs(); value++) {
      for (int k = 0; k < rows.runs().size(); k++) {
        inputGradient(rows.runs().get(k), value, up, weight(values, k, value), down);
      }
    }
    for (int r = 0; r < height; r++) {
      spread(r, down, spare, dx);
    }
    for (int r = 0; r < height && !finite; r++) {
      if (!isFinite(dy, r, outputs)) {
        backwardPlain(dy, r, w, spare, dx);
      }
    }
  }

  /// The values of the tiles of a row of dy; zeros where it is not to count.
  private void slopes(boolean counts, int r, long dy, long to) {
    for (int tile = 0; tile < tiles(); tile++) {
      int column = tile * Winograd.OUTPUTS;
      int columns = counts ? Math.min(Winograd.OUTPUTS, width - column) : 0;
      long from = Raw.at(dy, (long) r * width + column, outputs, 0);
      for (int value = 0; value < form.inputs(); value++) {
        long at = place(to, value, r, tile, outputs);
        long coefficients = form.ofGradients(value);
        sums.weightedSum(coefficients, columns, from, outputs, outputs, at);
      }
    }
  }

  private void inputGradient(Run run, int value, long up, long weights, long down) {
    int count = (run.to(height) - run.from()) * tiles();
    if (count > 0) {
      long error = place(up, value, run.from(), 0, outputs);
      long sum = at(down, value, run, inputs);
      stored
          .gemm()
          .multiply(
              false, false, count, inputs, outputs, error, outputs, weights, inputs, true, sum,
              inputs);
    }
  }

  /// dx += what the tiles of a row say of their windows
  private void spread(int r, long down, long spare, long dx) {
    for (int tile = 0; tile < tiles(); tile++) {
      int left = tile * Winograd.OUTPUTS + rows.left();
      int end = Math.clamp((long) width - left, 0, form.inputs());
      for (int k = Math.max(0, -left); k < end; k++) {
        long to = Raw.at(dx, (long) r * width + left + k, inputs, 0);
        add(form.toInput(k), place(down, 0, r, tile, inputs), inputs, spare, to);
      }
    }
  }

  private void backwardPlain(long dy, int r, long w, long spare, long dx) {
    Neighbours.seers(
        stored, rows, 1, width, outputs, Raw.at(dy, (long) r * width, outputs, 0), spare);
    int depth = rows.slots() * outputs;
    for (Run run : rows.runs()) {
      int to = r + run.down();
      if (to >= 0 && to < height) {
        long weights = Raw.at(w, (long) run.first() * outputs, inputs, 0);
        long sum = Raw.at(dx, (long) to * width, inputs, 0);
        stored
            .gemm()
            .multiply(
                false, false, width, inputs, depth, spare, depth, weights, inputs, true, sum,
                inputs);
      }
    }
  }
}
