package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.cpu.LstmShare.Places;

/// LSTM units along a diagonal of images, whose pixels lie scattered.
final class DiagonalCell {
  private static final int BEFORE = 6; // the tile of the states of pixels beside

  private final Engine engine;
  private final Loops loops;
  private final LstmLoops steps;

  DiagonalCell(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.steps = loops.lstm();
  }

  /// Where the pixels of a diagonal of all images, pixel after pixel, lie in (T,B,W), and where
  /// those beside and above them are: in (T,B,W), and in halves of (n',B,8H).
  private record Pixels(
      Diagonal d, Places own, Places beside, Places saidBeside, Places saidAbove) {
    static Pixels of(Diagonal d) {
      int batch = d.batch();
      int start = d.start();
      int pitch = d.pitch();
      int width = d.width();
      int toBefore = d.toBefore();
      int shift = d.shift();
      int before = d.before();
      Places own = row -> start + (long) (row / batch) * pitch + (long) (row % batch) * width;
      return new Pixels(
          d,
          own,
          row -> row / batch + shift < before ? own.of(row) + toBefore : Places.NONE,
          row -> row / batch + shift < before ? 2L * (row + shift * batch) + 1 : Places.NONE,
          row -> row / batch + shift > 0 ? 2L * (row + (shift - 1) * batch) : Places.NONE);
    }

    int count() {
      return d.count() * d.batch();
    }
  }

  /// @param said 0 where nothing is
  void forward(
      Diagonal d, Stored stored, int hidden, long gates, long said, long c, long h, long dense) {
    Pixels pixels = Pixels.of(d);
    LstmShare.all(
        engine,
        stored,
        pixels.count(),
        hidden,
        share -> forward(share, pixels, gates, said, c, h, dense));
  }

  private void forward(
      LstmShare share, Pixels pixels, long gates, long said, long c, long h, long dense) {
    long size = share.size();
    share.readGates(gates, pixels.own());
    share.addGates(said, pixels.saidBeside());
    share.addGates(said, pixels.saidAbove());
    long i = share.tile(0);
    long f = share.tile(1);
    long g = share.tile(2);
    long o = share.tile(3);
    loops.activate(Activation.SIGMOID, i, i, size);
    loops.activate(Activation.SIGMOID, f, f, size);
    loops.activate(Activation.TANH, g, g, size);
    loops.activate(Activation.SIGMOID, o, o, size);
    share.readSingle(c, pixels.beside(), BEFORE);
    long state = share.tile(5);
    long out = share.tile(4);
    steps.state(i, f, g, share.tile(BEFORE), state, size);
    loops.activate(Activation.TANH, state, out, size);
    loops.multiply(o, out, out, size);
    share.writeSingle(5, c, pixels.own());
    share.write(4, h, pixels.own());
    share.stored().round(out, share.of(dense), size);
    share.writeGates(gates, pixels.own());
  }

  /// @param carried 0 when it is not there; dsaid likewise
  void backward(
      Diagonal d,
      Stored stored,
      int hidden,
      long gates,
      long c,
      long dh,
      long carried,
      long dc,
      long dsaid) {
    Pixels pixels = Pixels.of(d);
    long rows = Raw.at(dc, (long) d.top() * d.batch(), hidden, 0);
    if (dsaid != 0) {
      zeroUnheard(d, stored, hidden, dsaid);
    }
    LstmShare.all(
        engine,
        stored,
        pixels.count(),
        hidden,
        share -> backward(share, pixels, gates, c, dh, carried, rows, dsaid));
  }

  private void backward(
      LstmShare share,
      Pixels pixels,
      long gates,
      long c,
      long dh,
      long carried,
      long dc,
      long dsaid) {
    long size = share.size();
    Stored stored = share.stored();
    share.readGates(gates, pixels.own());
    share.read(dh, pixels.own(), 4);
    long dy = share.tile(4);
    if (carried != 0) {
      stored.addTo(dy, share.of(carried), size);
    }
    share.readSingle(c, pixels.own(), 5);
    long tanh = share.tile(5);
    long slopes = share.single(dc);
    loops.activate(Activation.TANH, tanh, tanh, size);
    steps.outputSlopes(tanh, dy, share.tile(3), slopes, size);
    share.readSingle(c, pixels.beside(), BEFORE);
    steps.stateSlopes(
        share.tile(0), share.tile(1), share.tile(2), share.tile(BEFORE), slopes, size);
    share.writeGates(gates, pixels.own());
    share.writeGates(dsaid, pixels.saidBeside());
    share.writeGates(dsaid, pixels.saidAbove());
  }

  /// A pixel in the last row has nobody below it, one in the last column nobody beside it.
  private static void zeroUnheard(Diagonal d, Stored stored, int hidden, long dsaid) {
    int below = d.count() - 1 + d.shift();
    if (below < d.before()) {
      zeroHalves(d, stored, hidden, dsaid, below, 0);
    }
    if (d.shift() == 1) {
      zeroHalves(d, stored, hidden, dsaid, 0, 1);
    }
  }

  private static void zeroHalves(
      Diagonal d, Stored stored, int hidden, long dsaid, int k, int half) {
    for (int image = 0; image < d.batch(); image++) {
      long place = 2L * (k * d.batch() + image) + half;
      stored.zero(stored.at(dsaid, place, 4 * hidden, 0), 4L * hidden);
    }
  }
}
