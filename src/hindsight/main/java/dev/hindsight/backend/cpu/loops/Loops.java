package dev.hindsight.backend.cpu.loops;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamStep;

/// Everything but products, on the calling thread, over `count` floats at raw addresses. In and out
/// may be the same address, but must not overlap otherwise.
public interface Loops {
  /// An operation on a subnormal number costs a hundred cycles. Two things end there in training,
  /// and become 0 before they do, long after they have ceased to matter: an error σ(l) - t or
  /// probability of a class below this, as of a pixel that is always 0, whose backward products
  /// would be subnormal ...
  float SMALLEST_ERROR = 1e-20f;

  /// ... and an Adam moment below this: that of a weight whose gradient is 0 from some step on
  /// would be subnormal 800 steps later, and stay so.
  float SMALLEST_MOMENT = 1e-30f;

  /// y = f(x)
  void activate(Activation f, long x, long y, long count);

  /// x = f(x) for TANH and SIGMOID, over rows of `count` floats that begin `pitch` floats apart.
  /// One long loop where rows are short.
  void activateRows(Activation f, long x, int rows, long count, long pitch);

  /// dx += dy·f'(x), from x or y, whichever serves
  void activateBackward(Activation f, long x, long y, long dy, long dx, long count);

  /// dy = dy·f'
  ///
  /// @param known what went into GELU, what came out of any other activation
  void scaleBySlope(Activation f, long known, long dy, long count);

  /// y = f(y + b) for RELU and IDENTITY
  void addBias(boolean relu, long b, long y, long count);

  /// y = a + b
  void add(long a, long b, long y, long count);

  /// y = x, or y += x, over rows of `count` floats that begin `pitch` floats apart. One long loop
  /// where rows are short.
  void copyRows(boolean add, long x, int pitch, long y, int pitchY, int rows, long count);

  /// y = a - b
  void subtract(long a, long b, long y, long count);

  /// y = a·b
  void multiply(long a, long b, long y, long count);

  /// The slopes of t·s where t = tanh(a) and s = σ(b): t becomes dy·s·(1 - t²), s becomes dy·t·s·(1
  /// - s).
  void gateSlopes(long t, long s, long dy, long count);

  /// y += factor·x
  void addScaled(float factor, long x, long y, long count);

  void fill(float value, long x, long count);

  float dot(long a, long b, long count);

  /// Σ x²
  double sumOfSquares(long x, long count);

  /// Whether no element is infinite or NaN.
  boolean allFinite(long x, long count);

  /// Σ softplus(l) - l·t
  float sigmoidCrossEntropy(long l, long t, long count);

  /// dl += scale·(σ(l) - t)
  void sigmoidCrossEntropyBackward(long l, long t, long dl, float scale, long count);

  /// dl += scale·p where p = share·e
  void addErrors(float share, long e, float scale, long dl, long count);

  /// One step of Adam, after which dw is zero; gradients are multiplied by `clip` first.
  void adam(long w, long dw, long m, long v, long count, float clip, AdamStep step);

  /// Those between floats and bf16.
  Bf16Loops bf16();

  /// Those of layer normalization.
  LayerNormLoops layerNorm();

  /// Those of an LSTM's recurrence.
  LstmLoops lstm();

  /// Those of attention.
  AttentionLoops attention();

  /// Those of a mixture of logistics.
  MixtureLoops mixture();

  /// For people: what computes.
  String describe();
}
