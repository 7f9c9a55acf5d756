package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Lstm;
import dev.hindsight.backend.cpu.PackedWeights.Copy;
import dev.hindsight.backend.cpu.PackedWeights.Product;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The recurrence of an LSTM. A share owns a panel of hidden units in some rows of the batch: one
/// product gives it the columns of their four gates, and it goes on to their new state while those
/// are in the cache. So one meeting of the threads per step is all it takes, backwards too, where a
/// share's product gives it what its units need.
///
/// A share is computed in the thread's own memory, as [Recurrence] wants it: a tile (rows, 4·units)
/// of i, f, g and o, then tiles (rows, units) of c and h, or their gradients.
final class CpuLstm implements Lstm {
  /// Of as many floats as a share has units and rows.
  private static final int TILES = 6;

  private static final int C = 4;
  private static final int H = 5;

  private final Engine engine;
  private final Loops loops;
  private final LstmLoops steps;
  private final Workers workers;
  private final Scratch scratch;
  private final Scratch shared;

  private @Nullable Forward last; // who draws asks for the same one at each pixel

  CpuLstm(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.steps = loops.lstm();
    this.workers = engine.workers();
    this.scratch = engine.scratch();
    this.shared = engine.shared();
  }

  /// How a step is cut into shares: for each panel of hidden units, blocks of rows of the batch.
  private record Cut(Panels panels, int batch) {
    /// Of a share. A product copies its weights at every call, so that half as many rows would be a
    /// fifth slower; but steps of a small batch still have a share for each panel.
    private static final int ROWS = 64;

    private int blocks() {
      return Math.ceilDiv(batch, ROWS);
    }

    int shares() {
      return panels.count() * blocks();
    }

    int hidden() {
      return panels.columns();
    }

    int panel(int share) {
      return share / blocks();
    }

    int unit(int share) {
      return panels.first(panel(share));
    }

    int width(int share) {
      return panels.width(panel(share));
    }

    int row(int share) {
      return share % blocks() * ROWS;
    }

    int rows(int share) {
      return Math.min(ROWS, batch - row(share));
    }

    /// Floats of the largest share's tile.
    int tile() {
      return Math.min(ROWS, batch) * panels.widest();
    }

    /// What multiplies the rows of each share by its panel.
    ///
    /// @param depth of the weights
    /// @param columns of them for each unit
    Product[] products(Stored stored, int depth, int columns) {
      Product[] products = new Product[shares()];
      Arrays.setAll(
          products,
          share -> stored.packed(depth, columns * width(share)).product(rows(share), depth));
      return products;
    }

    /// Where a share begins in step t of what has so many columns.
    long at(Stored stored, long matrix, long t, int columns, int share) {
      return stored.at(matrix, t * batch + row(share), columns, unit(share));
    }
  }

  /// What a forward needs to know.
  private record Forward(Stored stored, Cut cut, List<Product> products) {
    boolean is(Stored other, int hidden, int batch) {
      return stored.equals(other) && cut.hidden() == hidden && cut.batch() == batch;
    }
  }

  /// For people: what computes.
  static String describe(boolean packed) {
    return "recurrences of %d rows%s".formatted(Cut.ROWS, packed ? " by packed weights" : "");
  }

  @Override
  public void packLstm(Tensor wh, Tensor packed) {
    pack(engine.stored(wh), wh.channels(), wh.address(), packed.address());
  }

  /// For each panel of units its columns of whᵀ, those of i, f, g and o one after the other.
  private void pack(Stored stored, int hidden, long wh, long packed) {
    Panels panels = Panels.ofGates(hidden);
    scratch.reserve(stored.asFloats(4L * panels.widest() * hidden));
    Copy[] copies = copies(stored, panels, true, hidden, 4, hidden);
    workers.run(
        panels.count(),
        (panel, worker) -> {
          int width = panels.width(panel);
          long rows = scratch.of(worker);
          for (int gate = 0; gate < 4; gate++) {
            long from = stored.at(wh, (long) gate * hidden + panels.first(panel), hidden, 0);
            long to = stored.at(rows, (long) gate * width, hidden, 0);
            stored.copy(from, to, (long) width * hidden);
          }
          copies[panel].run(worker, rows, panel(stored, packed, panels, panel));
        });
  }

  /// What packs each panel.
  ///
  /// @param depth of the weights
  /// @param columns of them for each unit
  private static Copy[] copies(
      Stored stored, Panels panels, boolean turned, int depth, int columns, int pitch) {
    Copy[] copies = new Copy[panels.count()];
    Arrays.setAll(
        copies, panel -> stored.packed(depth, columns * panels.width(panel)).copy(turned, pitch));
    return copies;
  }

  /// Where a panel of packed weights begins: of (H,4·units) forward, (4H,units) backward.
  private static long panel(Stored stored, long packed, Panels panels, int panel) {
    return stored.at(packed, 4L * panels.first(panel) * panels.columns());
  }

  @Override
  public void forward(Tensor packed, Tensor h, Tensor c, Tensor gates) {
    WarmUp.LSTM.before(loops);
    forward(
        engine.stored(gates),
        gates.dim(0),
        gates.dim(1),
        h.channels(),
        packed.address(),
        h.address(),
        c.address(),
        gates.address());
  }

  private void forward(
      Stored stored, int length, int batch, int hidden, long packed, long h, long c, long gates) {
    Stored states = engine.stored(ElementType.FP32);
    Forward forward = forwardOf(stored, hidden, batch);
    Cut cut = forward.cut();
    scratch.reserve((long) TILES * cut.tile());
    Recurrence.Work work =
        new Recurrence.Work() {
          @Override
          public void compute(int t, int share, int worker) {
            int width = cut.width(share);
            int rows = cut.rows(share);
            long own = scratch.of(worker);
            long beforeH = stored.at(h, (long) t * batch + cut.row(share), hidden, 0);
            readGates(stored, cut, t, share, gates, own);
            long weights = panel(stored, packed, cut.panels(), cut.panel(share));
            forward.products().get(share).run(worker, beforeH, weights, own);
            long beforeC = cut.at(states, c, t, hidden, share);
            long nextC = tile(own, rows, width, C);
            long nextH = tile(own, rows, width, H);
            for (int row = 0; row < rows; row++) {
              units(
                  width,
                  Raw.at(own, row, 4 * width, 0),
                  Raw.at(beforeC, row, hidden, 0),
                  Raw.at(nextC, row, width, 0),
                  Raw.at(nextH, row, width, 0));
            }
          }

          @Override
          public void write(int t, int share, int worker) {
            long own = scratch.of(worker);
            writeGates(stored, cut, t, share, own, gates);
            writeUnits(states, cut, share, own, C, cut.at(states, c, t + 1L, hidden, share));
            writeUnits(stored, cut, share, own, H, cut.at(stored, h, t + 1L, hidden, share));
          }
        };
    Recurrence.run(workers, length, cut.shares(), work);
  }

  private Forward forwardOf(Stored stored, int hidden, int batch) {
    Forward known = last;
    if (known == null || !known.is(stored, hidden, batch)) {
      Cut cut = new Cut(Panels.ofGates(hidden), batch);
      known = new Forward(stored, cut, List.of(cut.products(stored, hidden, 4)));
      last = known;
    }
    return known;
  }

  private static long tile(long own, int rows, int width, int k) {
    return Raw.at(own, (long) k * rows * width);
  }

  private static void readGates(Stored stored, Cut cut, int t, int share, long gates, long own) {
    int width = cut.width(share);
    int hidden = cut.hidden();
    long columns = cut.at(stored, gates, t, 4 * hidden, share);
    for (int row = 0; row < cut.rows(share); row++) {
      for (int gate = 0; gate < 4; gate++) {
        long from = stored.at(columns, row, 4 * hidden, (long) gate * hidden);
        stored.widen(from, Raw.at(own, row, 4 * width, (long) gate * width), width);
      }
    }
  }

  private static void writeGates(Stored stored, Cut cut, int t, int share, long own, long gates) {
    int width = cut.width(share);
    int hidden = cut.hidden();
    long columns = cut.at(stored, gates, t, 4 * hidden, share);
    for (int row = 0; row < cut.rows(share); row++) {
      for (int gate = 0; gate < 4; gate++) {
        long to = stored.at(columns, row, 4 * hidden, (long) gate * hidden);
        stored.round(Raw.at(own, row, 4 * width, (long) gate * width), to, width);
      }
    }
  }

  /// One tile to its columns of what has `hidden` of them.
  private static void writeUnits(Stored stored, Cut cut, int share, long own, int k, long columns) {
    int width = cut.width(share);
    int rows = cut.rows(share);
    stored.round(rows, width, tile(own, rows, width, k), columns, cut.hidden());
  }

  /// One row's gates to its next state.
  ///
  /// @param i its row of the tile of gates
  /// @param before its state before
  private void units(int width, long i, long before, long c, long h) {
    long f = Raw.at(i, width);
    long g = Raw.at(f, width);
    long o = Raw.at(g, width);
    loops.activate(Activation.SIGMOID, i, i, width);
    loops.activate(Activation.SIGMOID, f, f, width);
    loops.activate(Activation.TANH, g, g, width);
    loops.activate(Activation.SIGMOID, o, o, width);
    steps.state(i, f, g, before, c, width);
    loops.activate(Activation.TANH, c, h, width);
    loops.multiply(o, h, h, width);
  }

  @Override
  public void backward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc) {
    WarmUp.LSTM.before(loops);
    backward(
        engine.stored(gates),
        gates.dim(0),
        gates.dim(1),
        wh.channels(),
        wh.address(),
        c.address(),
        gates.address(),
        dh.address(),
        dc.address());
  }

  private void backward(
      Stored stored,
      int length,
      int batch,
      int hidden,
      long wh,
      long c,
      long gates,
      long dh,
      long dc) {
    Stored states = engine.stored(ElementType.FP32);
    Panels panels = Panels.ofUnits(hidden);
    Cut cut = new Cut(panels, batch);
    scratch.reserve((long) TILES * cut.tile() + panels.widest());
    shared.reserve(stored.asFloats(4L * hidden * hidden));
    long packed = shared.of(0);
    Copy[] copies = copies(stored, panels, false, 4 * hidden, 1, hidden);
    Product[] products = cut.products(stored, 4 * hidden, 1);
    workers.run(
        panels.count(),
        (panel, worker) -> {
          long columns = stored.at(wh, panels.first(panel));
          copies[panel].run(worker, columns, panel(stored, packed, panels, panel));
        });
    Recurrence.Work work =
        new Recurrence.Work() {
          @Override
          public void compute(int step, int share, int worker) {
            int t = length - 1 - step;
            int width = cut.width(share);
            int rows = cut.rows(share);
            long own = scratch.of(worker);
            readGates(stored, cut, t, share, gates, own);
            long slopes = tile(own, rows, width, H);
            long state = tile(own, rows, width, C);
            states.widen(rows, width, cut.at(states, dc, 0, hidden, share), hidden, state);
            stored.widen(rows, width, cut.at(stored, dh, t, hidden, share), hidden, slopes);
            if (step > 0) {
              long after = stored.at(gates, (t + 1L) * batch + cut.row(share), 4 * hidden, 0);
              long weights = panel(stored, packed, panels, cut.panel(share));
              products[share].run(worker, after, weights, slopes);
            }
            long before = cut.at(states, c, t, hidden, share);
            long slot = Raw.at(0, batch, hidden, 0);
            long tanh = tile(own, rows, width, TILES);
            for (int row = 0; row < rows; row++) {
              slopes(
                  width,
                  Raw.at(own, row, 4 * width, 0),
                  Raw.at(before, row, hidden, 0),
                  slot,
                  tanh,
                  Raw.at(slopes, row, width, 0),
                  Raw.at(state, row, width, 0));
            }
          }

          @Override
          public void write(int step, int share, int worker) {
            int t = length - 1 - step;
            long own = scratch.of(worker);
            writeGates(stored, cut, t, share, own, gates);
            writeUnits(states, cut, share, own, C, cut.at(states, dc, 0, hidden, share));
            writeUnits(stored, cut, share, own, H, cut.at(stored, dh, t, hidden, share));
          }
        };
    Recurrence.run(workers, length, cut.shares(), work);
  }

  /// One row's gradients.
  ///
  /// @param i its row of the tile of gates
  /// @param before its state before the step
  /// @param slot from there to the state after it
  /// @param tanh room for a row
  private void slopes(int width, long i, long before, long slot, long tanh, long dh, long dc) {
    long f = Raw.at(i, width);
    long g = Raw.at(f, width);
    long o = Raw.at(g, width);
    loops.activate(Activation.TANH, before + slot, tanh, width);
    steps.outputSlopes(tanh, dh, o, dc, width);
    steps.stateSlopes(i, f, g, before, dc, width);
  }
}
