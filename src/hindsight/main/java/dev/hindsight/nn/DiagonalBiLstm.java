package dev.hindsight.nn;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.nn.MaskedConv2d.Window;
import dev.hindsight.ops.LstmWeights;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;

/// A Diagonal BiLSTM (PixelRNN, section 3.2): goes through images diagonal by diagonal, once from
/// the upper left corner and once from the upper right one. A pixel's gates follow from the pixel
/// itself and from the states above it and beside it.
///
/// What comes from the right has seen the rest of its row, so it is heard a row further down.
public final class DiagonalBiLstm implements ImageLstm {
  /// One of both directions.
  public static final class Direction {
    private final int hidden;
    private final Conv1x1 input;
    private final MaskedConv2d state;

    private Direction(Parameters parameters, String name, int inputs, int hidden, RandomKey key) {
      this.hidden = hidden;
      int gates = 4 * hidden;
      Activation none = Activation.IDENTITY;
      Window column = Window.columnBefore();
      input = new Conv1x1(parameters, name + ".input_to_state", inputs, gates, true, none, key);
      state =
          new MaskedConv2d(parameters, name + ".state_to_state", column, hidden, gates, false, key);
    }

    private LstmWeights weights(Tensor x) {
      Tensor b = Objects.requireNonNull(input.bias()).value();
      return new LstmWeights(input.weight().like(x), b, state.weight().like(x));
    }

    /// What pixels say to their own gates: x (N,I) to y (N,4H). For samplers, as those below.
    public void input(Backend backend, Tensor x, Tensor y) {
      input.forward(backend, x, y);
    }

    /// What states h (N,H) say to the gates of the pixels below, y (N,4H).
    public void below(Backend backend, Tensor h, Tensor y) {
      state(backend, h, 0, y);
    }

    /// What they say to those of the pixels that come next in their row.
    public void beside(Backend backend, Tensor h, Tensor y) {
      state(backend, h, 1, y);
    }

    private void state(Backend backend, Tensor h, int which, Tensor y) {
      Shape half = Shape.of(4 * hidden, hidden);
      Tensor w = state.weight().like(h).part(which * half.size(), half);
      backend.linear().forward(h, w, null, Activation.IDENTITY, y);
    }
  }

  private final Direction rightward;
  private final Direction leftward;

  /// @param name prefix of `.left_to_right` and `.right_to_left`, each with
  ///   `.input_to_state.weight` (4H,I,1,1), its `.bias` (4H) and `.state_to_state.weight`
  ///   (4H,H,2,1), the upper one of the skewed column before first; gates in the order i, f, g, o
  public DiagonalBiLstm(Parameters parameters, String name, int inputs, int hidden, RandomKey key) {
    rightward = new Direction(parameters, name + ".left_to_right", inputs, hidden, key);
    leftward = new Direction(parameters, name + ".right_to_left", inputs, hidden, key);
  }

  @Override
  public Tensor forward(Ops ops, Tensor x) {
    return ops.diagonalBiLstm(x, rightward.weights(x), leftward.weights(x));
  }

  /// From the upper left corner.
  public Direction rightward() {
    return rightward;
  }

  /// From the upper right corner, in all rows but the last.
  public Direction leftward() {
    return leftward;
  }
}
