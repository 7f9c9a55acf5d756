package dev.hindsight.backend;

import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The numerical primitives, raw: `Ops` has already checked every argument.
///
/// Laws, for every implementation:
/// - Every output is passed in; nothing here allocates.
/// - Forward writes `=`. Backward adds `+=` into each gradient; a null gradient is skipped.
/// - The last axis is channels, all axes before it are rows (N).
/// - The same call with the same inputs gives the same bits: no float atomics.
/// - Randomness is Philox keyed by a `RandomKey`: the same uniforms on every backend.
/// - Calls take effect in order; only reads and `synchronize` wait for them.
public interface Backend extends AutoCloseable {

  // ---- memory

  /// `cuda`, `nd4j` or `cpu`.
  String name();

  /// One line for people: device, threads, precision.
  String describe();

  /// How matrix products round their factors.
  default Precision precision() {
    return Precision.FP32;
  }

  Scope open(String label);

  /// For work that is done again and again, such as a training step.
  ///
  /// @param label for messages
  default Recording record(String label) {
    return Recording.plain(this);
  }

  /// Bytes reserved so far; constant after warm-up.
  long reservedBytes();

  void write(Tensor dst, float[] src);

  /// Keeps full precision where the backend has it; elsewhere rounds to float.
  void write(Tensor dst, double[] src);

  void write(Tensor dst, int[] src);

  float[] readFloats(Tensor src);

  double[] readDoubles(Tensor src);

  int[] readInts(Tensor src);

  void fill(Tensor dst, float value);

  /// dst = src, same size.
  void copy(Tensor src, Tensor dst);

  /// `dst[n,to] = src[n,from]` for every row n; src (N,C) and dst (N,D), which has as many rows.
  void copyColumn(Tensor src, int from, Tensor dst, int to);

  /// Whether calls may return before they are done.
  default boolean asynchronous() {
    return false;
  }

  /// Waits until everything that was called before is done.
  void synchronize();

  @Override
  void close();

  // ---- dense            x (N,I)  w (O,I)  b (O)  y (N,O)

  /// `y[n,o] = f(b[o] + Σ_i x[n,i]·w[o,i])`
  void linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y);

  /// `y[n,o] = residual[n,o] + b[o] + Σ_i x[n,i]·w[o,i]`, the end of a residual branch. Its
  /// gradients are those of [#linear], and that of the residual is dy.
  void linearAdd(Tensor x, Tensor w, Tensor b, Tensor residual, Tensor y);

  /// `y[n,o] = GELU(before[n,o])`, `before[n,o] = b[o] + Σ_i x[n,i]·w[o,i]`: the hidden layer of a
  /// perceptron.
  ///
  /// @param before (N,O), kept for backward; null where none follows
  void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y);

  /// Gradients of [#linearGelu]. `dy` is overwritten by the gradient before the activation,
  /// dy·GELU'(before).
  void linearGeluBackward(
      Tensor x,
      Tensor w,
      Tensor before,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db);

  /// Gradients of [#linear]. When `f` is not IDENTITY, `dy` is overwritten by the gradient before
  /// the activation, dy·f'(y).
  void linearBackward(
      Tensor x,
      Tensor w,
      Activation f,
      Tensor y,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db);

  // ---- masked dense     the same, over the weights that `degrees` lets exist

  /// `y[n,o] = f(b[o] + Σ_{i < live(o)} x[n,i]·w[o,i])` for `from <= o < to`; other columns of y
  /// are not touched. Inputs that no output in the range sees are not read.
  void maskedLinear(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y);

  /// Gradients of [#maskedLinear] over all outputs; `dw` of a weight that does not exist is not
  /// touched. `dy` as in [#linearBackward].
  void maskedLinearBackward(
      Tensor x,
      Tensor w,
      Degrees degrees,
      Activation f,
      Tensor y,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db);

  // ---- pointwise

  /// y = f(x)
  void activate(Activation f, Tensor x, Tensor y);

  /// dx += dy·f'(x), from x or y, whichever serves
  void activateBackward(Activation f, Tensor x, Tensor y, Tensor dy, Tensor dx);

  /// y = a + b
  void add(Tensor a, Tensor b, Tensor y);

  /// dst += src
  void accumulate(Tensor src, Tensor dst);

  /// y = x / (1 - rate) where uniform `offset` + k of the draw's key is at least `rate`, else 0
  ///
  /// @param draw (12), see [Draw]; its first image plays no part
  /// @param offset a multiple of 4
  void dropout(Tensor draw, long offset, float rate, Tensor x, Tensor y);

  /// dx += dy / (1 - rate) at the same places
  void dropoutBackward(Tensor draw, long offset, float rate, Tensor dy, Tensor dx);

  // ---- families, each an interface of its own

  Convolution convolution();

  Normalization normalization();

  Attention attention();

  Recurrence recurrence();

  Inputs inputs();

  default Sampling sampling() {
    return Sampling.NONE;
  }

  // ---- loss             logits, target (N,D)  nll (N) in nats

  /// `nll[n] = Σ_d softplus(l) - l·t`, and, when `dlogits` is given, dlogits += scale·(σ(l) - t).
  void sigmoidCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits);

  /// `nll[n] = log Σ_v exp(l[n,v]) - l[n,t[n]]` over V classes, and, when `dlogits` is given,
  /// dlogits += scale·(softmax(l) - onehot(t)).
  ///
  /// @param logits (N,V), finite
  /// @param target (N), each a whole number from 0 to V - 1; any other gives NaN
  void softmaxCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits);

  // ---- optimiser        flat, all parameters at once

  /// out (1) = √Σ x²
  void norm(Tensor x, Tensor out);

  /// Adam in one pass. Consumes the gradient: dw is zero afterwards, ready for the next step.
  ///
  /// @param norm (1), the gradient's norm; needed only when the rule clips
  /// @param numbers (4), [AdamStep#numbers]
  void adam(
      Tensor w,
      Tensor dw,
      Tensor m,
      Tensor v,
      @Nullable Tensor norm,
      Tensor numbers,
      AdamRule rule);

  // ---- randomness

  /// `out[k]` = uniform k of the key, in [0, 1)
  void uniform(RandomKey key, Tensor out);

  /// `out[k] = std` · normal k of the key
  void normal(RandomKey key, float std, Tensor out);

  /// `pixels[n,d] = 1` if `uniform((first + n)·D + d) < σ(logits[n,d] / temperature)` else 0, for
  /// `from <= d < to`. The uniform depends on the image and the place alone, so drawing columns one
  /// by one or all at once, in batches of any size, gives the same pixels.
  ///
  /// @param draw (12), [Draw#pieces]
  void bernoulli(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels);
}
