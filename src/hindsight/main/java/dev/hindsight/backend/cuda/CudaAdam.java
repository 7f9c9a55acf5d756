package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Adam;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.backend.cuda.device.CudaMemory;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Uploads;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `adam.cu` and `norm.cu`.
final class CudaAdam extends CudaFamily implements Adam {
  private final CudaMemory memory;
  private final Uploads uploads;
  private final Variants adam = variants("adam");
  private final Kernel squares = kernels.kernel("norm", "norm_squares", THREADS);
  private final Kernel root = kernels.kernel("norm", "norm_root", THREADS);

  CudaAdam(Kernels kernels, CudaMemory memory, Uploads uploads) {
    super(kernels);
    this.memory = memory;
    this.uploads = uploads;
  }

  @Override
  public void step(
      FlatParameters p,
      @Nullable Tensor norm,
      Tensor numbers,
      AdamRule rule,
      @Nullable LiveChunks live) {
    Tensor w = p.value();
    Tensor rounded = p.rounded();
    ElementType type = rounded == null ? ElementType.FP32 : rounded.type();
    launcher.begin().put(w).put(p.grad()).put(p.firstMoment()).put(p.secondMoment());
    if (type != ElementType.FP32) {
      launcher.put(rounded);
    }
    launcher.put(norm).put(numbers).putFloat(rule.clipNorm());
    launcher.putFloat(rule.beta1()).putFloat(rule.beta2());
    launcher.putFloat(1 - rule.beta1()).putFloat(1 - rule.beta2());
    launcher.putFloat(rule.eps()).putFloat(rule.weightDecay());
    long count = live == null ? w.size() : (long) live.count() * LiveChunks.SIZE;
    launcher.putAddress(live == null ? 0 : uploads.chunks(live)).putLong(count).putLong(w.size());
    launcher.launch(adam.of(type), geometry.elements(count), 1);
    if (rounded != null && type == ElementType.FP32) {
      memory.copy(w.address(), rounded.address(), w.bytes());
    }
  }

  @Override
  public void norm(Tensor x, Tensor out) {
    int blocks = Math.max(1, geometry.elements(x.size())); // out is written, whatever x holds
    launcher.begin().put(x).putAddress(scratch).putLong(x.size());
    launcher.launch(squares, blocks, 1);
    launcher.begin().putAddress(scratch).put(out).putInt(blocks);
    launcher.launch(root, 1, 1);
  }
}
