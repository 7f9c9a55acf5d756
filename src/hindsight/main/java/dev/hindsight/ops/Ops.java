package dev.hindsight.ops;

import com.google.errorprone.annotations.FormatMethod;
import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checked, differentiable functions: shape law, forward, backward, one screen each. Shape errors
/// can only come from here. Without a tape nothing is kept for backward: that is inference.
public final class Ops {
  private final Backend backend;
  private final Scope scope;
  private final @Nullable Tape tape;
  private final ConvolutionOps convolution;
  private final MaskedConvolutionOps maskedConvolution;
  private final NormalizationOps normalization;
  private final RecurrenceOps recurrence;
  private final AttentionOps attention;
  private final InputOps inputs;

  public Ops(Backend backend, Scope scope, @Nullable Tape tape) {
    this.backend = backend;
    this.scope = scope;
    this.tape = tape;
    this.convolution = new ConvolutionOps(backend, scope, tape);
    this.maskedConvolution = new MaskedConvolutionOps(backend, scope, tape);
    this.normalization = new NormalizationOps(backend, scope, tape);
    this.recurrence = new RecurrenceOps(backend, scope, tape);
    this.attention = new AttentionOps(backend, scope, tape);
    this.inputs = new InputOps(backend, scope, tape);
  }

  /// `y[n,o] = f(b[o] + Σ_i x[n,i]·w[o,i])` x (N,I) w (O,I) b (O) y (N,O), where N may be several
  /// axes: a 1x1 convolution
  public Tensor linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f) {
    requireLinear("linear", x, w, b, f);
    Tensor y = scope.floats(x.shape().withChannels(w.dim(0)).dims());
    backend.linear(x, w, b, f, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy ->
              backend.linearBackward(
                  x, w, f, y, dy, t.grad(x), t.grad(w), b == null ? null : t.grad(b)));
    }
    return y;
  }

  /// y = GELU(b + x·wᵀ), the hidden layer of a perceptron
  public Tensor linearGelu(Tensor x, Tensor w, Tensor b) {
    requireLinear("linearGelu", x, w, b, Activation.IDENTITY);
    Tensor y = scope.floats(x.shape().withChannels(w.dim(0)).dims());
    if (tape == null) {
      backend.linearGelu(x, w, b, null, y);
      return y;
    }
    Tensor before = scope.floats(y.shape().dims());
    backend.linearGelu(x, w, b, before, y);
    Tape t = tape;
    t.push(y, dy -> backend.linearGeluBackward(x, w, before, dy, t.grad(x), t.grad(w), t.grad(b)));
    return y;
  }

  /// y = residual + b + x·wᵀ, the end of a residual branch residual, y (N,O)
  public Tensor linearAdd(Tensor residual, Tensor x, Tensor w, Tensor b) {
    requireLinear("linearAdd", x, w, b, Activation.IDENTITY);
    require(
        residual.rows() == x.rows() && residual.channels() == w.dim(0),
        "linearAdd: x %s and w %s need residual (%d, %d) but it is %s",
        x.shape(),
        w.shape(),
        x.rows(),
        w.dim(0),
        residual.shape());
    Tensor y = scope.floats(residual.shape().dims());
    backend.linearAdd(x, w, b, residual, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy -> {
            backend.linearBackward(
                x, w, Activation.IDENTITY, y, dy, t.grad(x), t.grad(w), t.grad(b));
            t.pass(backend, dy, residual);
          });
    }
    return y;
  }

  /// The same over the weights that `degrees` lets exist (MADE, eqs. 8 and 9).
  public Tensor maskedLinear(Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f) {
    requireLinear("maskedLinear", x, w, b, f);
    requireDegrees(w, degrees);
    Tensor y = scope.floats(x.rows(), w.dim(0));
    backend.maskedLinear(x, w, b, degrees, f, 0, w.dim(0), y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy ->
              backend.maskedLinearBackward(
                  x, w, degrees, f, y, dy, t.grad(x), t.grad(w), t.grad(b)));
    }
    return y;
  }

  /// Columns `from .. to - 1` of [#maskedLinear], into a `y` that already exists. For samplers; has
  /// no backward.
  public void maskedLinear(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    requireLinear("maskedLinear", x, w, b, f);
    requireDegrees(w, degrees);
    requireColumns("maskedLinear", y, from, to);
    require(
        y.rows() == x.rows() && y.channels() == w.dim(0),
        "maskedLinear: y must be (%d, %d) but is %s",
        x.rows(),
        w.dim(0),
        y.shape());
    if (from < to) {
      backend.maskedLinear(x, w, b, degrees, f, from, to, y);
    }
  }

  /// y = f(x)
  public Tensor activate(Activation f, Tensor x) {
    requireElements("activate", x);
    Tensor y = scope.floats(x.shape().dims());
    backend.activate(f, x, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy -> {
            Tensor dx = t.grad(x);
            if (dx != null) {
              backend.activateBackward(f, x, y, dy, dx);
            }
          });
    }
    return y;
  }

  /// The elements of x in another shape, without a copy.
  public Tensor reshape(Tensor x, int... dims) {
    Shape shape = Shape.of(dims);
    require(shape.size() == x.size(), "reshape: %s does not fit into %s", x.shape(), shape);
    Tensor y = x.part(0, shape);
    if (tape != null) {
      tape.alias(x, y);
    }
    return y;
  }

  /// y = a + b, of the same shape
  public Tensor add(Tensor a, Tensor b) {
    requireElements("add", a);
    require(a.shape().equals(b.shape()), "add: %s and %s differ", a.shape(), b.shape());
    Tensor y = scope.floats(a.shape().dims());
    backend.add(a, b, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy -> {
            Tensor db = t.grad(b);
            if (db != null) {
              backend.accumulate(dy, db);
            }
            t.pass(backend, dy, a);
          });
    }
    return y;
  }

  /// A convolution over the taps that exist: x (B,H,W,I) w (taps,O,I) b (O) y (B,H,W,O), zeros
  /// around the image (PixelCNN, section 3.4)
  public Tensor maskedConv2d(Tensor x, Tensor w, @Nullable Tensor b, Taps taps) {
    return maskedConvolution.maskedConv2d(x, w, b, taps);
  }

  /// Columns `from .. to - 1` of row `row` of [#maskedConv2d], into a `y` that already exists, over
  /// images whose batch lies inside a pixel: x (R,W,B,I) y (S,W,B,O), row `r` being kept at `r mod
  /// R` and `r mod S`. For samplers; has no backward.
  public void maskedConv2dPixels(
      Tensor x, Tensor w, @Nullable Tensor b, Taps taps, int row, int from, int to, Tensor y) {
    maskedConvolution.maskedConv2dPixels(x, w, b, taps, row, from, to, y);
  }

  /// `y[b,t,o] = bias[o] + Σ_k Σ_i x[b, t - (K-1-k)·dilation, i]·w[k,o,i]`, zeros before the
  /// sequence x (B,T,I) w (K,O,I) b (O) y (B,T,O) (WaveNet, section 2.1)
  public Tensor causalConv1d(Tensor x, Tensor w, @Nullable Tensor b, int dilation) {
    return convolution.causalConv1d(x, w, b, dilation);
  }

  /// y = x + c + gate(causalConv1d(x, w, b))·vᵀ x, y (B,T,C) w (K,2C,C) b (2C) v (C,C) c (C)
  /// (WaveNet, section 2.4), in one op that saves what the plain ones write and read again
  public Tensor residualBlock(Tensor x, Tensor w, Tensor b, int dilation, Tensor v, Tensor c) {
    return convolution.residualBlock(x, w, b, dilation, v, c);
  }

  /// y = tanh(a)·σ(b) where a row of ab (N,2C) is a, then b y (N,C) (WaveNet, eq. 2)
  public Tensor gate(Tensor ab) {
    return convolution.gate(ab);
  }

  /// (B,T,3): value, row and column of the pixel before each of pixels (B,T), the last two scaled
  /// to [0, 1]; zeros for the first. Has no backward: pixels need no gradient.
  ///
  /// @param side pixels in a row of the image
  public Tensor previousPixel(Tensor pixels, int side) {
    requireElements("previousPixel", pixels);
    require(
        side >= 1 && pixels.channels() % side == 0,
        "previousPixel: pixels %s are no rows of %d",
        pixels.shape(),
        side);
    Tensor y = scope.floats(pixels.rows(), pixels.channels(), 3);
    backend.inputs().previousPixel(pixels, side, y);
    return y;
  }

  /// Each row of x (N,C) with mean 0 and variance 1, times gain (C), plus bias (C) (Ba, Kiros &
  /// Hinton 2016).
  public Tensor layerNorm(Tensor x, Tensor gain, Tensor bias) {
    return normalization.layerNorm(x, gain, bias);
  }

  /// An LSTM layer over sequences x (T,B,I), from a state of zeros: y (T,B,H)
  ///
  /// i, f, g, o = σ, σ, tanh, σ of `wx·x[t] + bx + wh·y[t-1] + bh`; c = f·c + i·g; `y[t] =
  /// o·tanh(c)`. wx (4H,I), wh (4H,H) and both biases (4H) as in PyTorch's `nn.LSTM`.
  public Tensor lstm(Tensor x, Tensor wx, Tensor bx, Tensor wh, Tensor bh) {
    return recurrence.lstm(x, wx, bx, wh, bh);
  }

  /// Working memory for [#lstm] one step at a time, over `batch` sequences that begin. For
  /// samplers, which change no weight while they draw.
  public LstmState lstmState(Tensor wx, Tensor bx, Tensor wh, Tensor bh, int batch) {
    return recurrence.lstmState(wx, bx, wh, bh, batch);
  }

  /// Sequences x (B,T,C) as a recurrence wants them: y (T,B,C)
  public Tensor timeMajor(Tensor x) {
    return recurrence.timeMajor(x);
  }

  /// The way back for x (T,B,C): each row of y (B,T·C) is a whole sequence.
  public Tensor batchMajor(Tensor x) {
    return recurrence.batchMajor(x);
  }

  /// exp(scale·s) over its sum along each row up to the diagonal scores (N,T,T). What lies above is
  /// neither read nor written, so there the result holds anything. The law that [#causalAttention]
  /// is checked against; it needs no (T,T) tensor itself.
  public Tensor triangularSoftmax(Tensor scores, float scale) {
    return attention.triangularSoftmax(scores, scale);
  }

  /// Softmax attention of every position over itself and those before it qkv (B,T,3C) y (B,T,C)
  public Tensor causalAttention(Tensor qkv, int heads) {
    return attention.causalAttention(qkv, heads);
  }

  /// The same for one position, whose keys and values go into caches (B,T,C) in place qkv (B,3C) y
  /// (B,C). For samplers; has no backward.
  public Tensor attendStep(Tensor qkv, int heads, int position, Tensor keys, Tensor values) {
    return attention.attendStep(qkv, heads, position, keys, values);
  }

  /// `y[b,t] = table[pixel t - 1] + position[t]`, and `position[0]` at t = 0 pixels (B,T) table
  /// (V,C) position (T,C) y (B,T,C)
  public Tensor embedPrevious(Tensor pixels, Tensor table, Tensor position) {
    return inputs.embedPrevious(pixels, table, position);
  }

  /// The same for one place `t`, (B,C). For samplers; has no backward.
  public Tensor embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position) {
    return inputs.embedPreviousAt(pixels, t, table, position);
  }

  /// x with each element zero with probability `rate`, the others larger by 1 / (1 - rate)
  /// (Srivastava et al. 2014). In inference, which has no tape, x itself.
  public Tensor dropout(float rate, Tensor x) {
    require(0 <= rate && rate < 1, "dropout: rate must be at least 0 and below 1 but is %s", rate);
    if (tape == null || rate == 0) {
      return x;
    }
    Tape t = tape;
    Tensor draw = t.draw();
    long offset = t.takeUniforms(x.size());
    Tensor y = scope.floats(x.shape().dims());
    backend.dropout(draw, offset, rate, x, y);
    t.push(
        y,
        dy -> {
          Tensor dx = t.grad(x);
          if (dx != null) {
            backend.dropoutBackward(draw, offset, rate, dy, dx);
          }
        });
    return y;
  }

  /// `nll[n] = -log p(target[n])` in nats of one of V classes logits (N,V) target (N), whole
  /// numbers from 0. With a tape the gradient of its mean over N goes straight into the logits'
  /// gradient.
  public Tensor softmaxCrossEntropy(Tensor logits, Tensor target) {
    requireElements("softmaxCrossEntropy", logits);
    require(
        logits.channels() >= 2 && target.size() == logits.rows(),
        "softmaxCrossEntropy: logits %s need two classes or more and target (%d) but it is %s",
        logits.shape(),
        logits.rows(),
        target.shape());
    Tensor nll = scope.floats(logits.rows());
    Tensor dlogits = tape == null ? null : tape.grad(logits);
    backend.softmaxCrossEntropy(logits, target, 1f / logits.rows(), nll, dlogits);
    return nll;
  }

  /// `nll[n] = -log p(target[n])` in nats of independent Bernoulli pixels logits, target (N,D)
  ///
  /// The training loss is its mean over N·D, as PyTorch's `binary_cross_entropy_with_logits` has
  /// it; with a tape the gradient of that mean goes straight into the logits' gradient.
  public Tensor sigmoidCrossEntropy(Tensor logits, Tensor target) {
    requireElements("sigmoidCrossEntropy", logits);
    require(
        logits.shape().equals(target.shape()),
        "sigmoidCrossEntropy: logits %s and target %s differ",
        logits.shape(),
        target.shape());
    Tensor nll = scope.floats(logits.rows());
    Tensor dlogits = tape == null ? null : tape.grad(logits);
    backend.sigmoidCrossEntropy(logits, target, 1f / logits.size(), nll, dlogits);
    return nll;
  }

  /// Draws pixel columns `from .. to - 1` from their logits; `draw` (12) says for which images.
  public void bernoulli(
      Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    require(
        logits.shape().equals(pixels.shape()),
        "bernoulli: logits %s and pixels %s differ",
        logits.shape(),
        pixels.shape());
    require(draw.size() == Draw.SIZE, "bernoulli: draw must be (12) but is %s", draw.shape());
    require(temperature > 0, "bernoulli: temperature must be above 0 but is %s", temperature);
    requireColumns("bernoulli", pixels, from, to);
    if (from < to) {
      backend.bernoulli(draw, logits, temperature, from, to, pixels);
    }
  }

  private static void requireLinear(
      String op, Tensor x, Tensor w, @Nullable Tensor b, Activation f) {
    requireElements(op, x);
    requireElements(op, w);
    require(
        w.shape().rank() == 2 && x.channels() == w.dim(1),
        "%s: x %s needs w (*, %d) but w is %s",
        op,
        x.shape(),
        x.channels(),
        w.shape());
    require(
        b == null || b.size() == w.dim(0),
        "%s: w %s needs b (%d) but b is %s",
        op,
        w.shape(),
        w.dim(0),
        b == null ? "absent" : b.shape());
    require(
        f.derivativeFollowsFromOutput(),
        "%s: %s cannot be fused, since its derivative needs the input; use linearGelu, or call activate after it",
        op,
        f);
  }

  /// Nothing can be learnt from no rows or no channels, and a kernel cannot be launched on them.
  static void requireElements(String op, Tensor x) {
    require(x.size() > 0, "%s: got a tensor %s, which has no elements", op, x.shape());
  }

  private static void requireDegrees(Tensor w, Degrees degrees) {
    require(
        degrees.outputs() == w.dim(0) && degrees.inputs() == w.dim(1),
        "maskedLinear: w %s does not fit %s",
        w.shape(),
        degrees);
  }

  private static void requireColumns(String op, Tensor y, int from, int to) {
    require(
        0 <= from && from <= to && to <= y.channels(),
        "%s: columns %d to %d are not in 0 to %d",
        op,
        from,
        to,
        y.channels());
  }

  @FormatMethod
  static void require(boolean holds, String message, Object... args) {
    if (!holds) {
      throw new IllegalArgumentException(message.formatted(args));
    }
  }
}
