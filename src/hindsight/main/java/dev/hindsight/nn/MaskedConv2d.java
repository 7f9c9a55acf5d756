package dev.hindsight.nn;

import dev.hindsight.backend.Taps;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A convolution over the taps that exist (PixelCNN, section 3.4). A checkpoint holds PyTorch's
/// kernel, in memory there are only the taps.
public final class MaskedConv2d {
  /// Taps, and PyTorch's kernel (O,I,height,width) as a piece of their k x k window.
  public record Window(Taps taps, int top, int left, int height, int width) {

    /// All of the window, as a masked convolution has it.
    public static Window whole(Taps taps) {
      return new Window(taps, 0, 0, taps.k(), taps.k());
    }

    /// The rows down to the centre's: a vertical stack.
    public static Window above(int k) {
      return new Window(Taps.above(k, true), 0, 0, k / 2 + 1, k);
    }

    /// The centre's row up to the centre: a horizontal stack.
    public static Window left(int k) {
      return new Window(Taps.left(k, true), k / 2, 0, 1, k / 2 + 1);
    }

    /// The centre's row, to either side: what a row of a Row LSTM hears of the one before it.
    public static Window row(int k) {
      return new Window(Taps.row(k), k / 2, 0, 1, k);
    }

    /// A 1 x 1 convolution of the image shifted down by a row.
    public static Window oneAbove() {
      return new Window(Taps.oneAbove(), 0, 1, 1, 1);
    }

    /// Two of the column before, the upper one first: what a pixel of a skewed image hears in a
    /// Diagonal LSTM.
    static Window columnBefore() {
      return new Window(Taps.columnBefore(), 0, 0, 2, 1);
    }

    /// The taps that exist by their place in PyTorch's kernel.
    private int[] live() {
      int[] live = taps.live();
      for (int n = 0; n < live.length; n++) {
        int row = live[n] / taps.k() - top;
        int column = live[n] % taps.k() - left;
        live[n] = row * width + column;
      }
      return live;
    }
  }

  private final Taps taps;
  private final int inputs;
  private final int outputs;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /// Starts as PyTorch's `nn.Conv2d` does, whose bound counts the taps that a mask removes too.
  ///
  /// @param name prefix of `.weight` and, where there is one, of `.bias`
  public MaskedConv2d(
      Parameters parameters,
      String name,
      Window window,
      int inputs,
      int outputs,
      boolean biased,
      RandomKey key) {
    this.taps = window.taps();
    this.inputs = inputs;
    this.outputs = outputs;
    int[] live = window.live();
    int area = window.height() * window.width();
    Initialization start = Initialization.TORCH;
    Layout layout = Layout.Kernel.ofSize(outputs, inputs, window.height(), window.width(), live);
    this.weight =
        parameters.add(
            name + ".weight",
            layout,
            () ->
                ofTaps(
                    start.weights(key.fold(name + ".weight"), outputs, inputs * area), live, area));
    this.bias =
        biased
            ? parameters.add(
                name + ".bias",
                Shape.of(outputs),
                () -> start.bias(key.fold(name + ".bias"), outputs, inputs * area))
            : null;
  }

  /// From a whole kernel (O,I,area) to its taps that exist, (taps,O,I).
  private static float[] ofTaps(float[] whole, int[] live, int area) {
    int each = whole.length / area; // O,I
    float[] w = new float[live.length * each];
    for (int n = 0; n < live.length; n++) {
      for (int k = 0; k < each; k++) {
        w[n * each + k] = whole[k * area + live[n]];
      }
    }
    return w;
  }

  /// x (B,H,W,I) to (B,H,W,O)
  public Tensor forward(Ops ops, Tensor x) {
    return ops.maskedConv2d(x, weight.like(x), biasValue(), taps);
  }

  /// x + back(gate(this convolution of x + vertical)), x (B,H,W,C) and vertical (B,H,W,2C), as
  /// [dev.hindsight.backend.GatedBlock] has it; neither this nor `back` has a bias.
  public Tensor gatedBlock(Ops ops, Tensor x, Tensor vertical, Conv1x1 back) {
    return ops.gatedBlock(x, weight.like(x), taps, vertical, back.weight().like(x));
  }

  /// (taps,O,I)
  public Parameter weight() {
    return weight;
  }

  /// The taps in rows that a sampler wants, as terms over a ring of what the layer reads: that of
  /// the pixel itself first.
  ///
  /// @param down which rows, counted from the pixel's own, downwards
  public List<Term> terms(Tensor ring, int width, IntPredicate down) {
    List<Term> terms = new ArrayList<>();
    int[] live = taps.live();
    for (int n = live.length - 1; n >= 0; n--) {
      int below = taps.down(live[n]);
      int right = taps.right(live[n]);
      if (down.test(below) && Math.abs(right) < width) { // else no pixel has it
        terms.add(new Term(tap(n), ring, -(below * width + right), right, false, Input.AS_IT_IS));
      }
    }
    return terms;
  }

  /// The weights (O,I) of the n-th tap that exists, in fp32.
  private Tensor tap(int n) {
    long size = (long) outputs * inputs;
    return weight.value().part(n * size, Shape.of(outputs, inputs));
  }

  private @Nullable Tensor biasValue() {
    return bias == null ? null : bias.value();
  }

  /// Of a layer that has one.
  public Parameter bias() {
    return Objects.requireNonNull(bias);
  }

  public Taps taps() {
    return taps;
  }
}
