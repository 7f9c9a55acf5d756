package dev.hindsight.ops;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Linear;
import dev.hindsight.backend.Taps;
import dev.hindsight.ops.Reads.Grid;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// An LSTM that went through the diagonals of images in one direction, and the way back.
///
/// Everything that needs no pixel before it is one product over all pixels: what the input says
/// before the recurrence, the gradients of x, wx and wh after it. Between two diagonals is one
/// product too, from the states of all pixels of the one to what they say below and beside.
final class DiagonalLstm {
  private final Backend backend;
  private final Ops ops;
  private final Tensor x;
  private final LstmWeights w;
  private final int rows;
  private final int batch;
  private final int width;
  private final int hidden;
  private final boolean leftward;
  private final Tensor seen; // the rows of x that it goes through
  private final Tensor gates;
  private final Tensor c;
  private final Tensor h;

  /// @param x (T,B,W,I)
  /// @param rows of x that it goes through, from the first
  DiagonalLstm(Ops ops, Tensor x, int rows, LstmWeights w, boolean leftward) {
    this.backend = ops.backend();
    this.ops = ops;
    this.x = x;
    this.w = w;
    this.rows = rows;
    this.batch = x.dim(1);
    this.width = x.dim(2);
    this.hidden = w.hidden();
    this.leftward = leftward;
    this.seen = x.part(0, images(rows, x.channels()));
    this.gates = ops.like(x, images(rows, 4 * hidden));
    this.c = ops.scope().floats(images(rows, hidden).dims());
    this.h = ops.like(x, images(rows, hidden));
    run();
  }

  /// (rows,B,W,H)
  Tensor h() {
    return h;
  }

  private Reads reads() {
    Grid images = new Grid(rows, batch * width, width);
    return new Reads(h.rows(), x.rows(), p -> new int[] {p})
        .and(images.at(new int[] {-1, 0}, new int[] {0, leftward ? 1 : -1}));
  }

  private void run() {
    ops.structure(
        s -> {
          s.multiplies(reads().statePairs() * 4L * hidden * hidden);
          s.product(h, x, reads(), w.wx().size());
        });
    backend.linear().forward(seen, w.wx(), w.b(), Activation.IDENTITY, gates);
    ClassRows.add(backend, w.classes(), width, gates);
    Tensor dense = ops.like(x, diagonal(longest(), hidden));
    Tensor said = ops.like(x, diagonal(longest(), 8 * hidden));
    for (int step = 0; step < Diagonal.steps(rows, width); step++) {
      Diagonal d = at(step);
      Tensor heard = null;
      if (step > 0) {
        heard = some(said, d.before());
        Linear linear = backend.linear();
        linear.forward(some(dense, d.before()), both(), null, Activation.IDENTITY, heard);
      }
      backend.lstmCell().lstmCellDiagonal(d, gates, heard, c, h, some(dense, d.count()));
    }
  }

  /// Adds to the gradients of x and the weights; may be called once, since gates become their
  /// gradients.
  ///
  /// @param dh (rows,B,W,H)
  void backward(Tape tape, Tensor dh) {
    throughDiagonals(dh);
    ClassRows.backward(ops, tape, w.classes(), width, gates);
    Linear linear = backend.linear();
    Gradient dx = tape.gradient(x);
    Gradient ofSeen =
        dx == null ? null : new Gradient(dx.tensor().part(0, seen.shape()), dx.fresh());
    Activation none = Activation.IDENTITY;
    linear.backward(
        seen,
        w.wx(),
        none,
        gates,
        gates,
        new Gradients(ofSeen, tape.grad(w.wx()), tape.grad(w.b())));
    Tensor dwh = tape.grad(w.wh());
    if (dwh != null) {
      stateGradients(dwh);
    }
  }

  private void throughDiagonals(Tensor dh) {
    Tensor dc = ops.scope().zeros(rows, batch, hidden);
    Tensor dsaid = ops.like(dh, diagonal(longest(), 8 * hidden));
    Tensor dense = ops.like(dh, diagonal(longest(), hidden));
    Tensor carried = null;
    for (int step = Diagonal.steps(rows, width) - 1; step >= 0; step--) {
      Diagonal d = at(step);
      Tensor before = step == 0 ? null : some(dsaid, d.before());
      backend.lstmCell().lstmCellDiagonalBackward(d, gates, c, dh, carried, dc, before);
      carried = before == null ? null : back(before, some(dense, d.before()));
    }
  }

  /// The gradient of the states that said something.
  private Tensor back(Tensor dsaid, Tensor dh) {
    Gradient fresh = new Gradient(dh, true);
    backend
        .linear()
        .backward(dh, both(), Activation.IDENTITY, dsaid, dsaid, new Gradients(fresh, null, null));
    return dh;
  }

  /// A pixel hears the one above it through the first half of wh, and the one beside it, in images
  /// of one row, through the other.
  private void stateGradients(Tensor dwh) {
    Shape half = Shape.of(4 * hidden, hidden);
    if (rows > 1) {
      Tensor above = h.part(0, images(rows - 1, hidden));
      Tensor slopes = gates.part(images(1, 4 * hidden).size(), images(rows - 1, 4 * hidden));
      Tensor weights = w.wh().part(0, half);
      Activation none = Activation.IDENTITY;
      backend
          .linear()
          .backward(
              above, weights, none, slopes, slopes, new Gradients(null, dwh.part(0, half), null));
    }
    Shape tap = Shape.of(1, 4 * hidden, hidden);
    backend
        .maskedConv2d()
        .backward(
            h.part(0, asRows(hidden)),
            w.wh().part(half.size(), tap),
            leftward ? Taps.oneRight() : Taps.left(3, false),
            gates.part(0, asRows(4 * hidden)),
            new Gradients(null, dwh.part(half.size(), tap), null));
  }

  /// wh as a layer from a state to what it says below and beside, (8H,H).
  private Tensor both() {
    return w.wh().part(0, Shape.of(8 * hidden, hidden));
  }

  private Diagonal at(int step) {
    return new Diagonal(rows, batch, width, leftward, step);
  }

  private int longest() {
    return Diagonal.longest(rows, width);
  }

  private Shape diagonal(int pixels, int channels) {
    return Shape.of(pixels, batch, channels);
  }

  /// The first pixels of memory for a diagonal.
  private Tensor some(Tensor t, int pixels) {
    return t.part(0, diagonal(pixels, t.channels()));
  }

  private Shape images(int count, int channels) {
    return Shape.of(count, batch, width, channels);
  }

  /// All rows as images of one row.
  private Shape asRows(int channels) {
    return Shape.of(rows * batch, 1, width, channels);
  }
}
