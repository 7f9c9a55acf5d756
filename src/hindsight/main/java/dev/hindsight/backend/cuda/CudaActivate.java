package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Activate;
import dev.hindsight.backend.Activation;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `activate.cu`.
final class CudaActivate extends CudaFamily implements Activate {
  private final Variants forward = variants("activate");
  private final Variants backward = variants("activate_backward");
  private final Variants inPlace = variants("activate_backward_in_place");

  CudaActivate(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Activation f, Tensor x, Tensor y) {
    launcher.begin().put(f).put(x).put(y).putLong(x.size());
    launcher.launch(forward.of(x), geometry.elements(x.size()), 1);
  }

  @Override
  public void backward(Activation f, Tensor x, Tensor y, Tensor dy, Gradient dx) {
    launcher.begin().put(f).put(x).put(y).put(dy).put(dx).putLong(x.size());
    launcher.launch(backward.of(x), geometry.elements(x.size()), 1);
  }

  /// dy *= f', the gradient before an activation that a layer has fused
  ///
  /// @param known what went into GELU, what came out of any other activation
  void scaleBySlope(Activation f, Tensor known, Tensor dy) {
    if (f != Activation.IDENTITY) {
      launcher.begin().put(f).put(known).put(dy).putLong(dy.size());
      launcher.launch(inPlace.of(dy), geometry.elements(dy.size()), 1);
    }
  }
}
