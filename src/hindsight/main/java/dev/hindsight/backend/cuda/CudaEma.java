package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Ema;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.tensor.Tensor;

/// Launches `ema.cu`.
final class CudaEma extends CudaFamily implements Ema {
  private final Kernel ema = kernel("ema", THREADS);

  CudaEma(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void step(Tensor w, Tensor average, float share) {
    launcher.begin().put(w).put(average).putFloat(share).putLong(w.size());
    launcher.launch(ema, geometry.elements(w.size()), 1);
  }
}
