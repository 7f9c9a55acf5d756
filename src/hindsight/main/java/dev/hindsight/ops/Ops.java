package dev.hindsight.ops;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checked, differentiable functions. What they are is said here; how each checks its shapes and
/// goes back is in the class of its family, `GateOps` for [#gate].
///
/// Shape errors can only come from here: an `IllegalArgumentException` of one line. Without a tape
/// nothing is kept for backward: that is inference. The last axis of a tensor is channels; where
/// `N` stands, several axes may. An own op is written as those here are, see [OpContext#record].
public final class Ops extends OpContext {
  /// @param scope where results go
  /// @param tape what will go backwards; null in inference
  public Ops(Backend backend, Scope scope, @Nullable Tape tape) {
    this(backend, scope, tape, null);
  }

  private Ops(Backend backend, Scope scope, @Nullable Tape tape, @Nullable Structure structure) {
    super(backend, scope, tape, structure);
  }

  /// For a pass over shapes alone.
  ///
  /// @param meta see [dev.hindsight.backend.MetaBackend]
  /// @param structure what is found out
  public static Ops over(Backend meta, Scope scope, Structure structure) {
    return new Ops(meta, scope, null, structure);
  }

  // ---- linear layers

  /// `y[n,o] = f(b[o] + Σ_i x[n,i]·w[o,i])`; over several axes N a 1x1 convolution.
  ///
  /// @param x (N,I)
  /// @param w (O,I)
  /// @param b (O), or null
  /// @param f an activation whose derivative follows from its output
  /// @return (N,O)
  public Tensor linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f) {
    return LinearOps.linear(this, x, w, b, f);
  }

  /// y = GELU(b + x·wᵀ), the hidden layer of a perceptron, as [#linear].
  public Tensor linearGelu(Tensor x, Tensor w, Tensor b) {
    return LinearOps.linearGelu(this, x, w, b);
  }

  /// y = residual + b + x·wᵀ, the end of a residual branch; shapes as in [#linear].
  ///
  /// @param residual (N,O)
  public Tensor linearAdd(Tensor residual, Tensor x, Tensor w, Tensor b) {
    return LinearOps.linearAdd(this, residual, x, w, b);
  }

  /// [#linear] over the weights that `degrees` lets exist (MADE, eqs. 8 and 9).
  public Tensor maskedLinear(Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f) {
    return MaskedLinearOps.maskedLinear(this, x, w, b, degrees, f);
  }

  // ---- convolutions

  /// A convolution over the taps that exist, zeros around the image (PixelCNN, section 3.4).
  ///
  /// @param x (B,H,W,I)
  /// @param w (taps,O,I)
  /// @param b (O), or null
  /// @return (B,H,W,O)
  public Tensor maskedConv2d(Tensor x, Tensor w, @Nullable Tensor b, Taps taps) {
    return MaskedConv2dOps.maskedConv2d(this, x, w, b, taps);
  }

  /// `y[b,t,o] = bias[o] + Σ_k Σ_i x[b, t - (K-1-k)·dilation, i]·w[k,o,i]`, zeros before the
  /// sequence (WaveNet, section 2.1).
  ///
  /// @param x (B,T,I)
  /// @param w (K,O,I)
  /// @param b (O), or null
  /// @return (B,T,O)
  public Tensor causalConv1d(Tensor x, Tensor w, @Nullable Tensor b, int dilation) {
    return CausalConv1dOps.causalConv1d(this, x, w, b, dilation);
  }

  /// y = x + c + gate(causalConv1d(x, w, b))·vᵀ (WaveNet, section 2.4), in one op that saves what
  /// the plain ones write and read again.
  ///
  /// @param x (B,T,C)
  /// @param w (K,2C,C)
  /// @param b (2C)
  /// @param v (C,C)
  /// @param c (C)
  /// @return (B,T,C)
  public Tensor residualBlock(Tensor x, Tensor w, Tensor b, int dilation, Tensor v, Tensor c) {
    return ResidualBlockOps.residualBlock(this, x, w, b, dilation, v, c);
  }

  /// y = x + gate(maskedConv2d(x, w) + vertical)·vᵀ: the horizontal half of Gated PixelCNN's block
  /// (van den Oord et al. 2016, arXiv 1606.05328, figure 2), in one op that saves what the plain
  /// ones write and read again.
  ///
  /// @param x (B,H,W,C)
  /// @param w (taps,2C,C)
  /// @param vertical (B,H,W,2C), its vertical half
  /// @param v (C,C)
  /// @return (B,H,W,C)
  public Tensor gatedBlock(Tensor x, Tensor w, Taps taps, Tensor vertical, Tensor v) {
    return GatedBlockOps.gatedBlock(this, x, w, taps, vertical, v);
  }

  /// y (N,C) = tanh(a)·σ(b) where a row of ab (N,2C) is a, then b (WaveNet, eq. 2).
  public Tensor gate(Tensor ab) {
    return GateOps.gate(this, ab);
  }

  // ---- recurrence and attention

  /// An LSTM layer over sequences, from a state of zeros:
  ///
  /// - i, f, g, o = σ, σ, tanh, σ of `wx·x[t] + bx + wh·y[t-1] + bh`
  /// - c = f·c + i·g
  /// - `y[t] = o·tanh(c)`
  ///
  /// Weights as in PyTorch's `nn.LSTM`.
  ///
  /// @param x (T,B,I)
  /// @param wx (4H,I)
  /// @param bx (4H)
  /// @param wh (4H,H)
  /// @param bh (4H)
  /// @param classes what those of the sequences add to the gates; null = nothing
  /// @return (T,B,H)
  public Tensor lstm(
      Tensor x, Tensor wx, Tensor bx, Tensor wh, Tensor bh, @Nullable ClassRows classes) {
    return LstmOps.lstm(this, x, wx, bx, wh, bh, classes);
  }

  /// Working memory for [#lstm] one step at a time, over `batch` sequences that begin. For
  /// samplers, which change no weight while they draw.
  ///
  /// @param classes as in [#lstm]
  public LstmState lstmState(
      Tensor wx, Tensor bx, Tensor wh, Tensor bh, int batch, @Nullable ClassRows classes) {
    return LstmOps.lstmState(this, wx, bx, wh, bh, batch, classes);
  }

  /// A Row LSTM over images whose rows lie in front of the batch, from a state of zeros (PixelRNN,
  /// section 3.1). A row of all images is a step: with `*` a convolution along the row,
  ///
  /// - i, f, g, o = σ, σ, tanh, σ of `wx * x[t] + b + wh * y[t-1]`
  /// - c = f·c + i·g
  /// - `y[t] = o·tanh(c)`
  ///
  /// @param x (T,B,W,I)
  /// @param wx (taps,4H,I)
  /// @param b (4H)
  /// @param inputTaps of wx, in the centre's row, up to the centre where pixels may not see ahead
  /// @param wh (taps,4H,H)
  /// @param stateTaps of wh, in the centre's row, to either side
  /// @param classes what those of the images add to the gates; null = nothing
  /// @return (T,B,W,H)
  public Tensor rowLstm(
      Tensor x,
      Tensor wx,
      Tensor b,
      Taps inputTaps,
      Tensor wh,
      Taps stateTaps,
      @Nullable ClassRows classes) {
    return LstmCellOps.rowLstm(this, x, wx, b, inputTaps, wh, stateTaps, classes);
  }

  /// A Diagonal BiLSTM over images whose rows lie in front of the batch, from states of zeros
  /// around them (PixelRNN, section 3.2). The pixels of a diagonal are a step; with `x[t,u]` the
  /// pixel in row t and column u of all images, the LSTM from the upper left corner is
  ///
  /// - i, f, g, o = σ, σ, tanh, σ of `wx·x[t,u] + b + wh[0]·h[t-1,u] + wh[1]·h[t,u-1]`
  /// - `c[t,u] = f·c[t,u-1] + i·g`
  /// - `h[t,u] = o·tanh(c[t,u])`
  ///
  /// and the one from the upper right corner has u + 1 in place of u - 1. Its h is moved down by a
  /// row, so that no pixel hears of what is to its right, and added: `y[t] = h→[t] + h←[t-1]`.
  ///
  /// @param x (T,B,W,I)
  /// @return (T,B,W,H)
  public Tensor diagonalBiLstm(Tensor x, LstmWeights rightward, LstmWeights leftward) {
    return DiagonalLstmOps.diagonalBiLstm(this, x, rightward, leftward);
  }

  /// Sequences x (B,T,C) as a recurrence wants them, (T,B,C).
  public Tensor timeMajor(Tensor x) {
    return SwapAxesOps.timeMajor(this, x);
  }

  /// The way back for x (T,B,C): each row of the result (B,T·C) is a whole sequence.
  public Tensor batchMajor(Tensor x) {
    return SwapAxesOps.batchMajor(this, x);
  }

  /// Softmax attention of every position over itself and those before it.
  ///
  /// @param qkv (B,T,3C): q, then k, then v, in each the heads side by side
  /// @return (B,T,C)
  public Tensor causalAttention(Tensor qkv, int heads) {
    return CausalAttentionOps.causalAttention(this, qkv, heads);
  }

  /// exp(scale·s) over its sum along each row up to the diagonal. What lies above is neither read
  /// nor written, so there the result holds anything. No model calls this: it is the law that
  /// `verify` holds [#causalAttention] against.
  ///
  /// @param scores (N,T,T)
  public Tensor triangularSoftmax(Tensor scores, float scale) {
    return CausalAttentionOps.triangularSoftmax(this, scores, scale);
  }

  // ---- how sequence models read pixels

  /// The channels of the pixel before each, then its row and column, scaled to [0, 1]; zeros for
  /// the first. Pixels get a gradient only where they are bound to one, see [Tape#bind].
  ///
  /// @param pixels (B,T·C), pixel by pixel
  /// @param channels C
  /// @param side pixels in a row of the image
  /// @return (B,T,C+2)
  public Tensor previousPixel(Tensor pixels, int channels, int side) {
    return PreviousPixelOps.previousPixel(this, pixels, channels, side);
  }

  /// `y[b,t] = Σ_c table[c·V + value c of pixel t - 1] + position[t]`, and `position[0]` at t = 0:
  /// an embedding of each channel's value, and one of the place. Pixels of two levels that are
  /// bound to a gradient get that along the line from row 2c of the table to row 2c + 1.
  ///
  /// @param pixels (B,T·C), pixel by pixel, whole numbers from 0 to V - 1
  /// @param table (C·V,O), V at most [dev.hindsight.backend.EmbedPrevious#MOST_LEVELS]
  /// @param position (T,O)
  /// @return (B,T,O)
  public Tensor embedPrevious(Tensor pixels, Tensor table, Tensor position) {
    return EmbedPreviousOps.embedPrevious(this, pixels, table, position);
  }

  // ---- element by element and row by row

  /// y = f(x)
  public Tensor activate(Activation f, Tensor x) {
    return ActivateOps.activate(this, f, x);
  }

  /// y = a + b, of the same shape
  public Tensor add(Tensor a, Tensor b) {
    return AddOps.add(this, a, b);
  }

  /// `y[b] = x[b] + table[labels[b]]` at all places of image b; label -1 adds nothing.
  ///
  /// @param x (B,...,C), as the result
  /// @param table (K,C)
  /// @param labels (B), whole numbers from 0 to K - 1 in fp32
  public Tensor classBias(Tensor x, Tensor table, Tensor labels) {
    return ClassBiasOps.classBias(this, x, table, labels);
  }

  /// y = x·scale + shift, such as levels of pixels as numbers in [-1, 1]
  public Tensor rescale(Tensor x, float scale, float shift) {
    return RescaleOps.rescale(this, x, scale, shift);
  }

  /// `y[n,i] = x[n, columns[i]]` of x (N,I).
  ///
  /// @param columns (I), each whole number from 0 once, of INT32
  public Tensor permute(Tensor x, Tensor columns) {
    return PermuteOps.permute(this, x, columns);
  }

  /// x with each element zero with probability `rate`, the others larger by 1 / (1 - rate)
  /// (Srivastava et al. 2014). In inference, which has no tape, x itself.
  public Tensor dropout(float rate, Tensor x) {
    return DropoutOps.dropout(this, rate, x);
  }

  /// Each row of x (N,C) with mean 0 and variance 1, times gain (C), plus bias (C) (Ba, Kiros &
  /// Hinton 2016).
  public Tensor layerNorm(Tensor x, Tensor gain, Tensor bias) {
    return LayerNormOps.layerNorm(this, x, gain, bias, false);
  }

  /// ReLU of [#layerNorm], in one pass.
  public Tensor layerNormRelu(Tensor x, Tensor gain, Tensor bias) {
    return LayerNormOps.layerNorm(this, x, gain, bias, true);
  }

  /// The elements of x in another shape, without a copy.
  public Tensor reshape(Tensor x, int... dims) {
    Shape shape = Shape.of(dims);
    Fit.require(shape.size() == x.size(), "reshape: %s does not fit into %s", x.shape(), shape);
    Tensor y = x.part(0, shape);
    structure(s -> s.elements(y, x));
    Tape tape = tape();
    if (tape != null) {
      tape.alias(x, y);
    }
    return y;
  }

  // ---- losses

  /// `nll[b] = -Σ_d log p(target[b,d])` in nats of values that are each one of V classes. A loss,
  /// for [Tape#backward(Tensor)], which takes the mean over all values.
  ///
  /// @param logits (B,D,V), where D may be several axes or none
  /// @param target (B,D), whole numbers from 0 to V - 1
  /// @return (B)
  public Tensor softmaxCrossEntropy(Tensor logits, Tensor target) {
    return SoftmaxCrossEntropyOps.softmaxCrossEntropy(this, logits, target);
  }

  /// `nll[n] = -log p(target[n])` in nats of independent Bernoulli pixels, logits and target (N,D).
  /// A loss, for [Tape#backward(Tensor)].
  public Tensor sigmoidCrossEntropy(Tensor logits, Tensor target) {
    return SigmoidCrossEntropyOps.sigmoidCrossEntropy(this, logits, target);
  }

  /// `nll[b] = -log p(target[b])` in nats of pixels of a mixture of logistics (PixelCNN++, Salimans
  /// et al. 2017, sections 2.1 and 2.2). A loss, for [Tape#backward(Tensor)], which takes the mean
  /// over all values.
  ///
  /// @param logits (B,pixels,P), P = [Mixture#outputs], where pixels may be several axes
  /// @param target (B,pixels·C), channels last, whole numbers from 0 to levels - 1
  /// @return (B)
  public Tensor logisticMixture(Tensor logits, Tensor target, Mixture mixture) {
    return LogisticMixtureOps.logisticMixture(this, logits, target, mixture);
  }

  /// Logits of the same mixture's levels: their softmax is how likely each level of a value is,
  /// given the channels of its pixel before it. Has no gradient, and wants no tape.
  ///
  /// @param logits (B,pixels,P)
  /// @param target (B,pixels·C)
  /// @return (B,pixels·C,V)
  public Tensor logisticMixtureLevelLogits(Tensor logits, Tensor target, Mixture mixture) {
    return LogisticMixtureOps.levelLogits(this, logits, target, mixture);
  }
}
