package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches everything that goes over elements or rows once: activations, sums, the loss, Adam and
/// random numbers. All blocks have 256 threads; a thread takes four elements at a time.
final class PointwiseKernels {
  private static final int THREADS = 256;
  private static final int ELEMENTS = 4 * THREADS;

  private final Modules modules;
  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final Kernel activate;
  private final Kernel activateBackward;
  private final Kernel activateBackwardInPlace;
  private final Kernel add;
  private final Kernel accumulate;
  private final Kernel copyColumn;
  private final Kernel sigmoidCrossEntropy;
  private final Kernel softmaxCrossEntropy;
  private final Kernel dropout;
  private final Kernel normSquares;
  private final Kernel normRoot;
  private final Kernel adam;
  private final Kernel uniform;
  private final Kernel normal;
  private final Kernel bernoulli;

  PointwiseKernels(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.modules = modules;
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    activate = kernel("activate", "activate");
    activateBackward = kernel("activate", "activate_backward");
    activateBackwardInPlace = kernel("activate", "activate_backward_in_place");
    add = kernel("add", "add");
    accumulate = kernel("add", "accumulate");
    copyColumn = kernel("copy_column", "copy_column");
    sigmoidCrossEntropy = kernel("sigmoid_cross_entropy", "sigmoid_cross_entropy");
    softmaxCrossEntropy = kernel("softmax_cross_entropy", "softmax_cross_entropy");
    dropout = kernel("dropout", "dropout");
    normSquares = kernel("norm", "norm_squares");
    normRoot = kernel("norm", "norm_root");
    adam = kernel("adam", "adam");
    uniform = kernel("random", "uniform");
    normal = kernel("random", "normal");
    bernoulli = kernel("random", "bernoulli");
  }

  private Kernel kernel(String file, String name) {
    return new Kernel(name, modules.function(file, name), THREADS);
  }

  void activate(Activation f, Tensor x, Tensor y) {
    launcher.put(f).put(x).put(y).putLong(x.size());
    over(activate, x.size());
  }

  void activateBackward(Activation f, Tensor x, Tensor y, Tensor dy, Tensor dx) {
    launcher.put(f).put(x).put(y).put(dy).put(dx).putLong(dx.size());
    over(activateBackward, dx.size());
  }

  /// dy *= f'
  ///
  /// @param known what went into GELU, what came out of any other activation
  void activateBackwardInPlace(Activation f, Tensor known, Tensor dy) {
    launcher.put(f).put(known).put(dy).putLong(dy.size());
    over(activateBackwardInPlace, dy.size());
  }

  void add(Tensor a, Tensor b, Tensor y) {
    launcher.put(a).put(b).put(y).putLong(y.size());
    over(add, y.size());
  }

  void accumulate(Tensor src, Tensor dst) {
    launcher.put(src).put(dst).putLong(dst.size());
    over(accumulate, dst.size());
  }

  void copyColumn(Tensor src, int from, Tensor dst, int to) {
    launcher.put(src).put(dst).putInt(src.rows()).putInt(from).putInt(src.channels());
    launcher.putInt(to).putInt(dst.channels());
    launcher.launch(copyColumn, shapes.stride(src.rows(), THREADS), 1);
  }

  void sigmoidCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    launcher.put(logits).put(target).putFloat(scale).put(nll).put(dlogits);
    launcher.putInt(logits.channels());
    launcher.launch(sigmoidCrossEntropy, logits.rows(), 1);
  }

  void softmaxCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    launcher.put(logits).put(target).putFloat(scale).put(nll).put(dlogits);
    launcher.putInt(logits.rows()).putInt(logits.channels());
    launcher.launch(softmaxCrossEntropy, shapes.warps(logits.rows()), 1);
  }

  /// @param add whether to add to y instead, as backward does
  void dropout(Tensor draw, long offset, float rate, boolean add, Tensor x, Tensor y) {
    launcher
        .put(draw)
        .putLong(offset)
        .putFloat(rate)
        .putInt(add ? 1 : 0)
        .put(x)
        .put(y)
        .putLong(y.size());
    over(dropout, y.size());
  }

  void norm(Tensor x, Tensor out) {
    int blocks = Math.max(1, shapes.stride(x.size(), ELEMENTS));
    launcher.put(x).putAddress(partial).putLong(x.size());
    launcher.launch(normSquares, blocks, 1);
    launcher.putAddress(partial).put(out).putInt(blocks);
    launcher.launch(normRoot, 1, 1);
  }

  void adam(
      Tensor w,
      Tensor dw,
      Tensor m,
      Tensor v,
      @Nullable Tensor norm,
      Tensor numbers,
      AdamRule rule) {
    launcher.put(w).put(dw).put(m).put(v).put(norm).put(numbers).putFloat(rule.clipNorm());
    launcher.putFloat(rule.beta1()).putFloat(rule.beta2());
    launcher.putFloat(1 - rule.beta1()).putFloat(1 - rule.beta2());
    launcher.putFloat(rule.eps()).putFloat(rule.weightDecay()).putLong(w.size());
    over(adam, w.size());
  }

  void uniform(RandomKey key, Tensor out) {
    key(key).put(out).putLong(out.size());
    over(uniform, out.size());
  }

  void normal(RandomKey key, float std, Tensor out) {
    key(key).putFloat(std).put(out).putLong(out.size());
    over(normal, out.size());
  }

  void bernoulli(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    int n = logits.rows();
    launcher.put(draw).put(logits).putFloat(temperature).putInt(from).putInt(to).put(pixels);
    launcher.putInt(n).putInt(logits.channels());
    launcher.launch(bernoulli, shapes.stride((long) n * (to - from), THREADS), 1);
  }

  private Launcher key(RandomKey key) {
    return launcher.putLong(key.seed()).putLong(key.stream());
  }

  private void over(Kernel kernel, long elements) {
    launcher.launch(kernel, shapes.stride(elements, ELEMENTS), 1);
  }
}
