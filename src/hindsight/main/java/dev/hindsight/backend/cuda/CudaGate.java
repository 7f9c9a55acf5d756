package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Gate;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `gate.cu`.
final class CudaGate extends CudaFamily implements Gate {

  private final Variants forward = variants("gate");
  private final Variants backward = variants("gate_backward");

  CudaGate(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor ab, Tensor y) {
    launch(forward.of(ab), launcher.begin().put(ab).put(y), y);
  }

  @Override
  public void backward(Tensor ab, Tensor dy, Gradient dab) {
    launch(backward.of(ab), launcher.begin().put(ab).put(dy).put(dab), dy);
  }

  private void launch(Kernel kernel, KernelLauncher operands, Tensor y) {
    int rows = y.rows();
    int quads = (y.channels() + 3) / 4;
    operands.putInt(rows).putInt(y.channels()).putInt(quads);
    launcher.launch(kernel, geometry.stride((long) rows * quads, THREADS), 1);
  }
}
