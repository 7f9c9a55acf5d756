package dev.hindsight.backend.cpu.lstm;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Lstm;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.LstmLoops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.machine.Recurrence;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.PackedWeights.Copy;
import dev.hindsight.backend.cpu.product.PackedWeights.Product;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.backend.cpu.product.StoredFp32;
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
public final class CpuLstm implements Lstm {
  /// Of as many floats as a share has units and rows.
  private static final int TILES = 6;

  private static final int C = 4;
  private static final int H = 5;

  private final Engine engine;
  private final StoredFp32 fp32;

  private @Nullable Forward last; // who draws asks for the same one at each pixel

  public CpuLstm(Engine engine) {
    this.engine = engine;
    this.fp32 = engine.fp32();
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

    /// Where a share begins in step t of (T,B,columns).
    ///
    /// There is no matrix of it: a step takes microseconds, and would leave some on the heap.
    long at(Stored stored, long matrix, int t, int columns, int share) {
      return stored.at(matrix, (long) t * batch + row(share), columns, unit(share));
    }

    /// A tile of a thread's own.
    long tile(long own, int share, int k) {
      return Native.at(own, (long) k * rows(share) * width(share));
    }
  }

  /// What a forward needs to know.
  private record Forward(Stored stored, Cut cut, List<Product> products) {
    boolean is(Stored other, int hidden, int batch) {
      return stored.equals(other) && cut.hidden() == hidden && cut.batch() == batch;
    }
  }

  /// For people: what computes.
  public static String describe(boolean packed) {
    return "recurrences of %d rows%s".formatted(Cut.ROWS, packed ? " by packed weights" : "");
  }

  /// For each panel of units its columns of whᵀ, those of i, f, g and o one after the other.
  @Override
  public void packLstm(Tensor wh, Tensor packed) {
    Matrix weights = engine.matrix(wh);
    Stored stored = weights.stored();
    int hidden = weights.columns();
    Panels panels = Panels.ofGates(hidden);
    engine.scratch().reserve(stored.asFloats(4L * panels.widest() * hidden));
    Copy[] copies = copies(stored, panels, true, hidden, 4);
    long to = packed.address();
    engine.run(
        panels.count(),
        (panel, worker) -> {
          int width = panels.width(panel);
          Matrix rows = Matrix.dense(stored, engine.own(worker), 4 * width, hidden);
          for (int gate = 0; gate < 4; gate++) {
            long from = weights.row(gate * hidden + panels.first(panel));
            stored.copy(from, rows.row(gate * width), (long) width * hidden);
          }
          copies[panel].run(worker, rows.address(), panel(stored, to, panels, panel));
        });
  }

  /// What packs each panel.
  ///
  /// @param depth of the weights
  /// @param columns of them for each unit
  private static Copy[] copies(
      Stored stored, Panels panels, boolean turned, int depth, int columns) {
    Copy[] copies = new Copy[panels.count()];
    Arrays.setAll(
        copies,
        panel ->
            stored.packed(depth, columns * panels.width(panel)).copy(turned, panels.columns()));
    return copies;
  }

  /// Where a panel of packed weights begins: of (H,4·units) forward, (4H,units) backward.
  private static long panel(Stored stored, long packed, Panels panels, int panel) {
    return stored.at(packed, 4L * panels.first(panel) * panels.columns());
  }

  @Override
  public void forward(Tensor packed, Tensor h, Tensor c, Tensor gates) {
    WarmUp.LSTM.before();
    int batch = gates.dim(1);
    int hidden = h.channels();
    long all = gates.address();
    long hs = h.address();
    long cs = c.address();
    Stored stored = engine.stored(gates);
    Forward forward = forwardOf(stored, hidden, batch);
    Cut cut = forward.cut();
    engine.scratch().reserve((long) TILES * cut.tile());
    long weights = packed.address();
    Recurrence.Work work =
        new Recurrence.Work() {
          @Override
          public void compute(int t, int share, int worker) {
            long own = engine.own(worker);
            readGates(cut, t, share, stored, all, own);
            long panel = panel(stored, weights, cut.panels(), cut.panel(share));
            long beforeH = stored.at(hs, (long) t * batch + cut.row(share), hidden, 0);
            forward.products().get(share).run(worker, beforeH, panel, own);
            long beforeC = cut.at(fp32, cs, t, hidden, share);
            long nextC = cut.tile(own, share, C);
            long nextH = cut.tile(own, share, H);
            int width = cut.width(share);
            for (int row = 0; row < cut.rows(share); row++) {
              units(
                  width,
                  Native.at(own, row, 4 * width, 0),
                  Native.at(beforeC, row, hidden, 0),
                  Native.at(nextC, row, width, 0),
                  Native.at(nextH, row, width, 0));
            }
          }

          @Override
          public void write(int t, int share, int worker) {
            long own = engine.own(worker);
            writeGates(cut, t, share, own, stored, all);
            writeUnits(cut, t + 1, share, cut.tile(own, share, C), fp32, cs);
            writeUnits(cut, t + 1, share, cut.tile(own, share, H), stored, hs);
          }
        };
    Recurrence.run(engine.workers(), gates.dim(0), cut.shares(), work);
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

  private static void readGates(Cut cut, int t, int share, Stored stored, long gates, long tile) {
    int width = cut.width(share);
    int pitch = 4 * cut.hidden();
    long all = cut.at(stored, gates, t, pitch, share);
    for (int gate = 0; gate < 4; gate++) {
      long from = stored.at(all, (long) gate * cut.hidden());
      long to = Native.at(tile, (long) gate * width);
      stored.widenRows(from, pitch, to, 4 * width, cut.rows(share), width);
    }
  }

  private static void writeGates(Cut cut, int t, int share, long tile, Stored stored, long gates) {
    int width = cut.width(share);
    int pitch = 4 * cut.hidden();
    long all = cut.at(stored, gates, t, pitch, share);
    for (int gate = 0; gate < 4; gate++) {
      long from = Native.at(tile, (long) gate * width);
      long to = stored.at(all, (long) gate * cut.hidden());
      stored.roundRows(from, 4 * width, to, pitch, cut.rows(share), width);
    }
  }

  private static void readUnits(Cut cut, int t, int share, Stored stored, long states, long tile) {
    int width = cut.width(share);
    long all = cut.at(stored, states, t, cut.hidden(), share);
    stored.widenRows(all, cut.hidden(), tile, width, cut.rows(share), width);
  }

  private static void writeUnits(Cut cut, int t, int share, long tile, Stored stored, long states) {
    int width = cut.width(share);
    long all = cut.at(stored, states, t, cut.hidden(), share);
    stored.roundRows(tile, width, all, cut.hidden(), cut.rows(share), width);
  }

  /// One row's gates to its next state.
  ///
  /// @param i its row of the tile of gates
  /// @param before its state before
  private void units(int width, long i, long before, long c, long h) {
    long f = Native.at(i, width);
    long g = Native.at(f, width);
    long o = Native.at(g, width);
    Loops.activate(Activation.SIGMOID, i, i, width);
    Loops.activate(Activation.SIGMOID, f, f, width);
    Loops.activate(Activation.TANH, g, g, width);
    Loops.activate(Activation.SIGMOID, o, o, width);
    LstmLoops.state(i, f, g, before, c, width);
    Loops.activate(Activation.TANH, c, h, width);
    Loops.multiply(o, h, h, width);
  }

  @Override
  public void backward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc) {
    WarmUp.LSTM.before();
    int length = gates.dim(0);
    int batch = gates.dim(1);
    int hidden = wh.channels();
    long all = gates.address();
    long cs = c.address();
    long dhs = dh.address();
    long dcs = dc.address();
    Stored stored = engine.stored(gates);
    Panels panels = Panels.ofUnits(hidden);
    Cut cut = new Cut(panels, batch);
    engine.scratch().reserve((long) TILES * cut.tile() + panels.widest());
    long packed = packForBackward(engine.matrix(wh), panels);
    Product[] products = cut.products(stored, 4 * hidden, 1);
    Recurrence.Work work =
        new Recurrence.Work() {
          @Override
          public void compute(int step, int share, int worker) {
            int t = length - 1 - step;
            long own = engine.own(worker);
            readGates(cut, t, share, stored, all, own);
            long slopes = cut.tile(own, share, H);
            long state = cut.tile(own, share, C);
            readUnits(cut, 0, share, fp32, dcs, state);
            readUnits(cut, t, share, stored, dhs, slopes);
            if (step > 0) {
              long after = stored.at(all, (t + 1L) * batch + cut.row(share), 4 * hidden, 0);
              long weights = panel(stored, packed, panels, cut.panel(share));
              products[share].run(worker, after, weights, slopes);
            }
            int width = cut.width(share);
            long before = cut.at(fp32, cs, t, hidden, share);
            long next = cut.at(fp32, cs, t + 1, hidden, share);
            long tanh = cut.tile(own, share, TILES);
            for (int row = 0; row < cut.rows(share); row++) {
              Loops.activate(Activation.TANH, Native.at(next, row, hidden, 0), tanh, width);
              slopes(
                  width,
                  Native.at(own, row, 4 * width, 0),
                  Native.at(before, row, hidden, 0),
                  tanh,
                  Native.at(slopes, row, width, 0),
                  Native.at(state, row, width, 0));
            }
          }

          @Override
          public void write(int step, int share, int worker) {
            int t = length - 1 - step;
            long own = engine.own(worker);
            writeGates(cut, t, share, own, stored, all);
            writeUnits(cut, 0, share, cut.tile(own, share, C), fp32, dcs);
            writeUnits(cut, t, share, cut.tile(own, share, H), stored, dhs);
          }
        };
    Recurrence.run(engine.workers(), length, cut.shares(), work);
  }

  private long packForBackward(Matrix wh, Panels panels) {
    Stored stored = wh.stored();
    engine.shared().reserve(stored.asFloats((long) wh.rows() * wh.columns()));
    long packed = engine.shared().of(0);
    Copy[] copies = copies(stored, panels, false, wh.rows(), 1);
    engine.run(
        panels.count(),
        (panel, worker) ->
            copies[panel].run(
                worker, wh.at(0, panels.first(panel)), panel(stored, packed, panels, panel)));
    return packed;
  }

  /// One row's gradients.
  ///
  /// @param i its row of the tile of gates
  /// @param before its state before the step
  /// @param tanh of its state after it
  private void slopes(int width, long i, long before, long tanh, long dh, long dc) {
    long f = Native.at(i, width);
    long g = Native.at(f, width);
    long o = Native.at(g, width);
    LstmLoops.outputSlopes(tanh, dh, o, dc, width);
    LstmLoops.stateSlopes(i, f, g, before, dc, width);
  }
}
