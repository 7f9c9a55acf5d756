package dev.hindsight.nn;

import dev.hindsight.nn.MaskedConv2d.Window;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A Row LSTM (PixelRNN, section 3.1): goes down the rows of images, all columns of a row at once.
/// A pixel's gates follow from its row up to itself and from the state of the row above, to either
/// side.
public final class RowLstm implements ImageLstm {
  private final MaskedConv2d input;
  private final MaskedConv2d state;
  private final ClassBias classes;

  /// @param name prefix of `.input_to_state.weight` (4H,I,1,k/2+1), its `.bias` (4H) and
  ///   `.state_to_state.weight` (4H,H,1,k), gates in the order i, f, g, o
  /// @param k columns that both convolutions reach over; of the first those to the right do not
  ///   exist
  /// @param classes what they add to what the input says (4H)
  public RowLstm(
      Parameters parameters,
      String name,
      int k,
      int inputs,
      int hidden,
      ClassBias classes,
      RandomKey key) {
    Window left = Window.left(k);
    Window row = Window.row(k);
    int gates = 4 * hidden;
    input = new MaskedConv2d(parameters, name + ".input_to_state", left, inputs, gates, true, key);
    state = new MaskedConv2d(parameters, name + ".state_to_state", row, hidden, gates, false, key);
    input.weight().stack(4);
    state.weight().stack(4);
    this.classes = classes;
  }

  @Override
  public Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
    Tensor wx = input.weight().like(x);
    Tensor b = input.bias().value();
    Tensor wh = state.weight().like(x);
    return ops.rowLstm(x, wx, b, input.taps(), wh, state.taps(), classes.rows(labels));
  }

  /// What a pixel's row says to its gates.
  public MaskedConv2d input() {
    return input;
  }

  /// What classes add to that.
  public ClassBias classes() {
    return classes;
  }

  /// What the row above says to them.
  public MaskedConv2d state() {
    return state;
  }
}
