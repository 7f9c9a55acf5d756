package dev.hindsight.nn;

import dev.hindsight.backend.draw.LstmLoop;
import dev.hindsight.ops.LstmState;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// One layer of PyTorch's `nn.LSTM`, with both of its biases. Everything starts from U(-1/√H,
/// 1/√H).
public final class LstmLayer {
  private final Parameter wx;
  private final Parameter wh;
  private final Parameter bx;
  private final Parameter bh;
  private final ClassBias classes;

  /// @param name prefix of `.weight_ih_l0` (4H,I), `.weight_hh_l0` (4H,H), `.bias_ih_l0` and
  ///   `.bias_hh_l0` (4H), where 0 is the layer's number
  /// @param classes what they add to what the input says (4H)
  public LstmLayer(
      Parameters parameters,
      String name,
      int number,
      int inputs,
      int hidden,
      ClassBias classes,
      RandomKey key) {
    wx = add(parameters, name + ".weight_ih_l" + number, Shape.of(4 * hidden, inputs), hidden, key);
    wh = add(parameters, name + ".weight_hh_l" + number, Shape.of(4 * hidden, hidden), hidden, key);
    bx = add(parameters, name + ".bias_ih_l" + number, Shape.of(4 * hidden), hidden, key);
    bh = add(parameters, name + ".bias_hh_l" + number, Shape.of(4 * hidden), hidden, key);
    wx.stack(4);
    wh.stack(4);
    this.classes = classes;
  }

  private static Parameter add(
      Parameters parameters, String name, Shape shape, int hidden, RandomKey key) {
    return parameters.add(
        name,
        shape,
        () -> Initialization.TORCH.bias(key.fold(name), Math.toIntExact(shape.size()), hidden));
  }

  /// Sequences x (T,B,I) to y (T,B,H).
  ///
  /// @param labels (B), see [ClassBias#forward]
  public Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
    return ops.lstm(x, wx.like(x), bx.value(), wh.like(x), bh.value(), classes.rows(labels));
  }

  /// To go on one step at a time, from the start, in fp32.
  ///
  /// @param labels (B), see [ClassBias#forward]
  public LstmState state(Ops ops, int batch, @Nullable Tensor labels) {
    return ops.lstmState(
        wx.value(), bx.value(), wh.value(), bh.value(), batch, classes.rows(labels));
  }

  /// What a kernel needs to draw with this one layer and `head`.
  public LstmLoop loop(Linear head, int side) {
    return new LstmLoop(
        wx.value(),
        bx.value(),
        wh.value(),
        bh.value(),
        head.weight().value(),
        head.bias().value(),
        side);
  }
}
