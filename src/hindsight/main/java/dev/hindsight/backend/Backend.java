package dev.hindsight.backend;

import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The numerical primitives, raw: `Ops` has already checked every argument.
///
/// Laws, for every implementation:
/// - Every output is passed in; nothing here allocates.
/// - Forward writes `=`. Backward adds `+=` into each gradient; a null gradient is skipped, and a
///   fresh [dev.hindsight.tensor.Gradient] counts as zeros, whatever is there.
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

  /// What else than the name and the precision decides the last bits of its results, in one line:
  /// where it differs, so may they. Empty where nothing is known.
  default String numerics() {
    return "";
  }

  /// How matrix products round their factors.
  default Precision precision() {
    return Precision.FP32;
  }

  /// What activations and their gradients are stored in: pixels that are given to a model in this
  /// type make everything after them have it. What is summed over many (weights and their
  /// gradients, biases, statistics, losses) is fp32 anyway.
  default ElementType storage() {
    return precision().storage();
  }

  Scope open(String label);

  /// For work that is done again and again, such as a training step.
  ///
  /// @param label for messages
  default Graph graph(String label) {
    return Graph.plain(this);
  }

  /// Bytes that are reserved; constant after warm-up, as long as sizes repeat.
  long reservedBytes();

  /// Rounds to the tensor's type.
  void write(Tensor dst, float[] src);

  /// To a tensor of INT32.
  void write(Tensor dst, int[] src);

  /// Keeps full precision where the backend has it; elsewhere rounds to the tensor's type.
  void write(Tensor dst, double[] src);

  float[] readFloats(Tensor src);

  /// Of a tensor of INT32.
  int[] readInts(Tensor src);

  /// Reads `src` as it is at this point in the order of calls. `get` waits for that alone, so more
  /// may be called before, and the device need not wait for the host.
  default Supplier<float[]> readLater(Tensor src) {
    float[] now = readFloats(src);
    return () -> now;
  }

  double[] readDoubles(Tensor src);

  void fill(Tensor dst, float value);

  /// dst = src, same size; numbers of fp32 are rounded where dst has another type.
  void copy(Tensor src, Tensor dst);

  /// `dst[n,to + k] = src[n,from + k]` for every row n and `k < count`; src (N,C) and dst (N,D),
  /// which has as many rows and the same type.
  void copyColumns(Tensor src, int from, Tensor dst, int to, int count);

  /// Whether calls may return before they are done.
  default boolean asynchronous() {
    return false;
  }

  /// Waits until everything that was called before is done.
  void synchronize();

  /// Where its calls happen; null where that is no GPU.
  default @Nullable GpuStream gpuStream() {
    return null;
  }

  @Override
  void close();

  // ---- families of ops

  /// All of them; each has a method of its own below.
  Families families();

  default Linear linear() {
    return families().linear();
  }

  default MaskedLinear maskedLinear() {
    return families().maskedLinear();
  }

  default CausalConv1d causalConv1d() {
    return families().causalConv1d();
  }

  default ResidualBlock residualBlock() {
    return families().residualBlock();
  }

  default MaskedConv2d maskedConv2d() {
    return families().maskedConv2d();
  }

  default GatedBlock gatedBlock() {
    return families().gatedBlock();
  }

  default Gate gate() {
    return families().gate();
  }

  default LayerNorm layerNorm() {
    return families().layerNorm();
  }

  default CausalAttention causalAttention() {
    return families().causalAttention();
  }

  default Lstm lstm() {
    return families().lstm();
  }

  default LstmCell lstmCell() {
    return families().lstmCell();
  }

  default SwapAxes swapAxes() {
    return families().swapAxes();
  }

  default Permute permute() {
    return families().permute();
  }

  default PreviousPixel previousPixel() {
    return families().previousPixel();
  }

  default EmbedPrevious embedPrevious() {
    return families().embedPrevious();
  }

  default Activate activate() {
    return families().activate();
  }

  default Add add() {
    return families().add();
  }

  default ClassBias classBias() {
    return families().classBias();
  }

  default Rescale rescale() {
    return families().rescale();
  }

  default Dropout dropout() {
    return families().dropout();
  }

  default SigmoidCrossEntropy sigmoidCrossEntropy() {
    return families().sigmoidCrossEntropy();
  }

  default SoftmaxCrossEntropy softmaxCrossEntropy() {
    return families().softmaxCrossEntropy();
  }

  default LogisticMixture logisticMixture() {
    return families().logisticMixture();
  }

  default Adam adam() {
    return families().adam();
  }

  default Muon muon() {
    return families().muon();
  }

  default Ema ema() {
    return families().ema();
  }

  default Bernoulli bernoulli() {
    return families().bernoulli();
  }

  default Categorical categorical() {
    return families().categorical();
  }

  default Sampling sampling() {
    return families().sampling();
  }
}
