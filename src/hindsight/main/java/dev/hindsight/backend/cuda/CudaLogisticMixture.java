package dev.hindsight.backend.cuda;

import dev.hindsight.backend.LogisticMixture;
import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `logistic_mixture.cu`: as many lanes for each pixel as it has components, but no more
/// than a warp. Forward, an image is cut into pieces so that there is work for all.
final class CudaLogisticMixture extends CudaFamily implements LogisticMixture {
  private static final int WARP = 32;

  private final Variants forward = variants("logistic_mixture");
  private final Variants backward = variants("logistic_mixture_backward");
  private final Variants levelLogits = variants("logistic_mixture_level_logits");
  private final Kernel draw = kernel("logistic_mixture_draw", THREADS);

  CudaLogisticMixture(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor logits, Tensor target, Mixture mixture, Tensor nll) {
    int images = Math.toIntExact(nll.size());
    int pixels = logits.rows() / images;
    int lanes = lanes(mixture);
    int pieces = geometry.pieces(images, Math.ceilDiv(pixels, WARP / lanes));
    launcher.begin().put(logits).put(target);
    put(mixture, lanes).putAddress(pieces == 1 ? nll.address() : scratch);
    launcher.putInt(images).putInt(pixels).putInt(pieces);
    launcher.launch(forward.of(logits), geometry.warps(images * pieces), 1);
    if (pieces > 1) {
      columnSum.pieces(scratch, pieces, nll);
    }
  }

  @Override
  public void backward(
      Tensor logits, Tensor target, Mixture mixture, float scale, Gradient dlogits) {
    int lanes = lanes(mixture);
    launcher.begin().put(logits).put(target);
    put(mixture, lanes).putFloat(scale).put(dlogits).putInt(logits.rows());
    launcher.launch(backward.of(logits), geometry.stride(logits.rows(), THREADS / lanes), 1);
  }

  @Override
  public void levelLogits(Tensor logits, Tensor target, Mixture mixture, Tensor levelLogits) {
    int values = levelLogits.rows();
    launcher.begin().put(logits).put(target);
    put(mixture, WARP).put(levelLogits).putInt(values);
    int blocks = geometry.stride(values, THREADS / WARP);
    launcher.launchWithShared(this.levelLogits.of(logits), blocks, 1, shared(mixture));
  }

  @Override
  public void draw(
      Tensor draw,
      Tensor logits,
      float temperature,
      Mixture mixture,
      int from,
      int to,
      Tensor pixels) {
    launcher.begin().put(draw).put(logits).putFloat(temperature);
    put(mixture, WARP).putInt(from).putInt(to);
    launcher.put(pixels).putInt(pixels.rows()).putInt(pixels.channels());
    int channels = mixture.channels();
    int touched = Math.ceilDiv(to, channels) - from / channels;
    int blocks = geometry.stride((long) pixels.rows() * touched, THREADS / WARP);
    launcher.launchWithShared(this.draw, blocks, 1, shared(mixture));
  }

  /// Four floats of each component for each warp.
  private static int shared(Mixture mixture) {
    return THREADS / WARP * 4 * mixture.components() * Float.BYTES;
  }

  private KernelLauncher put(Mixture mixture, int lanes) {
    return launcher
        .putInt(mixture.components())
        .putInt(mixture.channels())
        .putInt(mixture.levels())
        .putInt(lanes);
  }

  /// Of a warp for each pixel: a power of two.
  private static int lanes(Mixture mixture) {
    return Math.min(WARP, Integer.highestOneBit(Math.max(2, 2 * mixture.components() - 1)));
  }
}
