package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Muon;
import dev.hindsight.backend.cuda.device.CudaMemory;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `muon.cu`.
final class CudaMuon extends CudaFamily implements Muon {
  private final CudaMemory memory;
  private final Kernel newtonSchulz = kernel("newton_schulz", THREADS);
  private final Variants muon = variants("muon");

  CudaMuon(Kernels kernels, CudaMemory memory) {
    super(kernels);
    this.memory = memory;
  }

  @Override
  public void newtonSchulz(Tensor a, Tensor square, boolean first, Tensor y) {
    launcher.begin().put(a).put(square).put(y).putInt(a.channels()).putInt(first ? 1 : 0);
    launcher.launch(newtonSchulz, geometry.stride(y.size(), THREADS), 1);
  }

  @Override
  public void step(
      Tensor w,
      @Nullable Tensor rounded,
      Tensor direction,
      Tensor numbers,
      float decay,
      float scale) {
    ElementType type = rounded == null ? ElementType.FP32 : rounded.type();
    launcher.begin().put(w).put(direction);
    if (type != ElementType.FP32) {
      launcher.put(rounded);
    }
    launcher.put(numbers).putFloat(decay).putFloat(scale).putLong(w.size());
    launcher.launch(muon.of(type), geometry.elements(w.size()), 1);
    if (rounded != null && type == ElementType.FP32) {
      memory.copy(w.address(), rounded.address(), w.bytes());
    }
  }
}
