package dev.hindsight.nn;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.nn.MaskedConv2d.Window;
import dev.hindsight.ops.LstmWeights;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
    private final ClassBias classes;

    private Direction(
        Parameters parameters,
        String name,
        int inputs,
        int hidden,
        ClassBias classes,
        RandomKey key) {
      this.hidden = hidden;
      int gates = 4 * hidden;
      Activation none = Activation.IDENTITY;
      Window column = Window.columnBefore();
      input = new Conv1x1(parameters, name + ".input_to_state", inputs, gates, true, none, key);
      state =
          new MaskedConv2d(parameters, name + ".state_to_state", column, hidden, gates, false, key);
      input.weight().stack(4);
      state.weight().stack(4);
      this.classes = classes;
    }

    private LstmWeights weights(Tensor x, @Nullable Tensor labels) {
      Tensor b = input.bias().value();
      Tensor wh = state.weight().like(x);
      return new LstmWeights(input.weight().like(x), b, wh, classes.rows(labels));
    }

    /// What a pixel adds to its own gates. For samplers, as those below.
    public Term input(Tensor x) {
      return input.term(x);
    }

    /// The bias of the gates (4H).
    public Tensor bias() {
      return input.bias().value();
    }

    /// What classes add to the gates.
    public ClassBias classes() {
      return classes;
    }

    /// What the state of the pixel above adds.
    ///
    /// @param width pixels in a row
    public Term below(Tensor h, int width) {
      return state(0, h, width, 0);
    }

    /// What the state of the pixel beside it adds.
    ///
    /// @param right where that is: -1 or 1
    public Term beside(Tensor h, int right) {
      return state(1, h, -right, right);
    }

    private Term state(int which, Tensor h, int back, int right) {
      Shape half = Shape.of(4 * hidden, hidden);
      Tensor w = state.weight().value().part(which * half.size(), half);
      return new Term(w, h, back, right, false, Input.AS_IT_IS);
    }
  }

  private final Direction rightward;
  private final Direction leftward;

  /// @param name prefix of `.left_to_right` and `.right_to_left`, each with
  ///   `.input_to_state.weight` (4H,I,1,1), its `.bias` (4H) and `.state_to_state.weight`
  ///   (4H,H,2,1), the upper one of the skewed column before first; gates in the order i, f, g, o
  /// @param classes what they add to what the input says (4H), from left to right first
  public DiagonalBiLstm(
      Parameters parameters,
      String name,
      int inputs,
      int hidden,
      List<ClassBias> classes,
      RandomKey key) {
    rightward =
        new Direction(parameters, name + ".left_to_right", inputs, hidden, classes.getFirst(), key);
    leftward =
        new Direction(parameters, name + ".right_to_left", inputs, hidden, classes.getLast(), key);
  }

  @Override
  public Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
    return ops.diagonalBiLstm(x, rightward.weights(x, labels), leftward.weights(x, labels));
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
