package dev.hindsight.backend.cpu;

import static dev.hindsight.backend.cpu.LstmShare.BEFORE;
import static dev.hindsight.backend.cpu.LstmShare.H;
import static dev.hindsight.backend.cpu.LstmShare.STATE;

import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.cpu.LstmShare.Places;

/// LSTM units along a diagonal of images, whose pixels lie scattered.
final class DiagonalCell {
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
    share.readGates(gates, pixels.own());
    share.addGates(said, pixels.saidBeside());
    share.addGates(said, pixels.saidAbove());
    share.readSingle(c, pixels.beside(), BEFORE);
    long out = share.forward(loops, steps, share.tile(BEFORE), share.tile(STATE));
    share.writeSingle(STATE, c, pixels.own());
    share.write(H, h, pixels.own());
    share.stored().round(out, share.of(dense), share.size());
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
    share.readGates(gates, pixels.own());
    share.read(dh, pixels.own(), H);
    if (carried != 0) {
      share.stored().addTo(share.tile(H), share.of(carried), share.size());
    }
    share.readSingle(c, pixels.own(), STATE);
    share.readSingle(c, pixels.beside(), BEFORE);
    long slopes = share.single(dc);
    share.backward(loops, steps, share.tile(BEFORE), share.tile(STATE), slopes);
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
