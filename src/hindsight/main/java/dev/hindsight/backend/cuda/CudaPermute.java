package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Permute;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Uploads;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `permute.cu`, a block for each row of y.
final class CudaPermute extends CudaFamily implements Permute {
  private final Uploads uploads;
  private final Variants forward = variants("permute");
  private final Variants backward = variants("permute_dx");

  CudaPermute(Kernels kernels, Uploads uploads) {
    super(kernels);
    this.uploads = uploads;
  }

  @Override
  public void forward(
      Tensor x,
      @Nullable Tensor rows,
      @Nullable Tensor columns,
      @Nullable Degrees degrees,
      Tensor y) {
    launcher.begin().put(x).put(rows).put(columns).putAddress(live(degrees)).put(y);
    launcher.putInt(y.rows()).putInt(y.channels());
    launcher.launch(forward.of(y), y.rows(), 1);
  }

  @Override
  public void backward(
      Tensor dy,
      @Nullable Tensor rows,
      @Nullable Tensor columns,
      @Nullable Degrees degrees,
      Gradient dx) {
    launcher.begin().put(dy).put(rows).put(columns).putAddress(live(degrees)).put(dx);
    launcher.putInt(dy.rows()).putInt(dy.channels());
    launcher.launch(backward.of(dy), dy.rows(), 1);
  }

  private long live(@Nullable Degrees degrees) {
    return degrees == null ? 0 : uploads.live(degrees);
  }
}
