package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.LstmCell;
import dev.hindsight.backend.cpu.LstmShare.Places;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A step of LSTM units, some rows at a time, see [LstmShare].
final class CpuLstmCell implements LstmCell {
  private final Engine engine;
  private final Loops loops;
  private final LstmLoops steps;
  private final DiagonalCell diagonals;

  CpuLstmCell(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.steps = loops.lstm();
    this.diagonals = new DiagonalCell(engine);
  }

  private void overShares(Tensor gates, Tensor c, LstmShare.Work work) {
    LstmShare.all(engine, engine.stored(gates), c.rows(), c.channels(), work);
  }

  @Override
  public void forward(
      Tensor gates, @Nullable Tensor recurrent, @Nullable Tensor before, Tensor c, Tensor h) {
    long all = gates.address();
    long said = Engine.orZero(recurrent);
    long old = Engine.orZero(before);
    long state = c.address();
    long out = h.address();
    overShares(gates, c, share -> forward(share, all, said, old, state, out));
  }

  /// @param recurrent 0 when it is not there; before likewise
  private void forward(LstmShare share, long gates, long recurrent, long before, long c, long h) {
    share.readGates(gates, Places.DENSE);
    if (recurrent != 0) {
      share.addGates(recurrent, Places.DENSE);
    }
    long old = orZeros(share, share.single(before));
    long out = share.forward(loops, steps, old, share.single(c));
    share.stored().round(out, share.of(h), share.size());
    share.writeGates(gates, Places.DENSE);
  }

  @Override
  public void backward(
      Tensor gates,
      @Nullable Tensor before,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc) {
    long all = gates.address();
    long old = Engine.orZero(before);
    long state = c.address();
    long above = dh.address();
    long after = Engine.orZero(carried);
    long slopes = dc.address();
    overShares(gates, c, share -> backward(share, all, old, state, above, after, slopes));
  }

  /// @param before 0 when it is not there; carried likewise
  private void backward(
      LstmShare share, long gates, long before, long c, long dh, long carried, long dc) {
    long size = share.size();
    Stored stored = share.stored();
    share.readGates(gates, Places.DENSE);
    long dy = share.tile(LstmShare.H);
    stored.widen(share.of(dh), dy, size);
    if (carried != 0) {
      stored.addTo(dy, share.of(carried), size);
    }
    long old = orZeros(share, share.single(before));
    share.backward(loops, steps, old, share.single(c), share.single(dc));
    share.writeGates(gates, Places.DENSE);
  }

  /// A state of zeros where there is none.
  private static long orZeros(LstmShare share, long state) {
    if (state != 0) {
      return state;
    }
    Raw.zero(share.tile(LstmShare.BEFORE), share.size() * Float.BYTES);
    return share.tile(LstmShare.BEFORE);
  }

  @Override
  public void lstmCellDiagonal(
      Diagonal d, Tensor gates, @Nullable Tensor said, Tensor c, Tensor h, Tensor dense) {
    diagonals.forward(
        d,
        engine.stored(gates),
        c.channels(),
        gates.address(),
        Engine.orZero(said),
        c.address(),
        h.address(),
        dense.address());
  }

  @Override
  public void lstmCellDiagonalBackward(
      Diagonal d,
      Tensor gates,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc,
      @Nullable Tensor dsaid) {
    diagonals.backward(
        d,
        engine.stored(gates),
        c.channels(),
        gates.address(),
        c.address(),
        dh.address(),
        Engine.orZero(carried),
        dc.address(),
        Engine.orZero(dsaid));
  }
}
