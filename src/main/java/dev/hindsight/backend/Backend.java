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

  Scope open(String label);

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

  /// Waits until everything that was called before is done.
  void synchronize();

  @Override
  void close();

  // ---- dense            x (N,I)  w (O,I)  b (O)  y (N,O)

  /// y[n,o] = f(b[o] + Σ_i x[n,i]·w[o,i])
  void linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y);

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

  /// y[n,o] = f(b[o] + Σ_{i < live(o)} x[n,i]·w[o,i]) for `from <= o < to`; other columns of y are
  /// not touched. Inputs that no output in the range sees are not read.
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

  // ---- loss             logits, target (N,D)  nll (N) in nats

  /// nll[n] = Σ_d softplus(l) - l·t, and, when `dlogits` is given, dlogits += scale·(σ(l) - t).
  void sigmoidCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits);

  // ---- optimiser        flat, all parameters at once

  /// out (1) = √Σ x²
  void norm(Tensor x, Tensor out);

  /// Adam in one pass. Consumes the gradient: dw is zero afterwards, ready for the next step.
  ///
  /// @param norm (1), the gradient's norm; needed only when the step clips
  void adam(Tensor w, Tensor dw, Tensor m, Tensor v, @Nullable Tensor norm, AdamStep step);

  // ---- randomness

  /// out[k] = uniform k of the key, in [0, 1)
  void uniform(RandomKey key, Tensor out);

  /// out[k] = std · normal k of the key
  void normal(RandomKey key, float std, Tensor out);

  /// pixels[n,d] = 1 if uniform(n·D + d) < σ(logits[n,d] / temperature) else 0, for `from <= d <
  /// to`. The uniform depends on the place alone, so drawing columns one by one or all at once
  /// gives the same pixels.
  void bernoulli(RandomKey key, Tensor logits, float temperature, int from, int to, Tensor pixels);
}
