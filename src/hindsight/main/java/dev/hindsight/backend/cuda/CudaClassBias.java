package dev.hindsight.backend.cuda;

import dev.hindsight.backend.ClassBias;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Columns;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;

/// Launches `class_bias.cu`. Where an image has many rows, their sum is taken first, so that the
/// whole GPU adds; the few sums of the images of a class are added after it.
final class CudaClassBias extends CudaFamily implements ClassBias {
  /// Rows up to which an image needs no sum of its own.
  private static final int FEW = 8;

  private final Variants forward = variants("class_bias");
  private final Variants sums = variants("class_bias_sums");
  private final Variants table = variants("class_bias_dtable");

  CudaClassBias(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor x, Tensor table, Tensor labels, int places, Tensor y) {
    launcher.begin().put(x).put(table).put(labels).putInt(places).put(y).putInt(x.rows());
    launcher.putInt(x.channels()).putInt(Math.toIntExact(labels.size())).putInt(table.dim(0));
    launcher.launch(forward.of(x), geometry.elements(x.size()), 1);
  }

  @Override
  public void backward(Tensor labels, int places, Tensor dy, Tensor dtable) {
    int images = Math.toIntExact(labels.size());
    int each = dy.rows() / images;
    long floats = labels.size() * dy.channels(); // of a sum for each image
    if (each <= FEW || floats * Float.BYTES > geometry.scratchBytes()) {
      addImages(dy.type(), dy.address(), labels, places, each, dtable);
      return;
    }
    Columns grid = geometry.columns(each, Math.toIntExact(floats));
    launcher.begin().put(dy).putInt(places).putAddress(scratch).putInt(images).putInt(each);
    launcher.putInt(dy.channels()).putInt(grid.rows());
    launcher.launch(sums.of(dy), blocks(images, dy.channels(), 32), grid.pieces());
    addImages(ElementType.FP32, scratch, labels, grid.pieces(), grid.pieces(), dtable);
  }

  private void addImages(
      ElementType type, long rows, Tensor labels, int places, int each, Tensor dtable) {
    int images = Math.toIntExact(labels.size());
    launcher.begin().putAddress(rows).put(labels).putInt(places).put(dtable).putInt(images);
    launcher.putInt(each).putInt(dtable.channels()).putInt(dtable.dim(0));
    launcher.launch(table.of(type), blocks(images, dtable.channels(), 128), 1);
  }

  /// For so many columns of each image.
  private static int blocks(int images, int channels, int columns) {
    return Math.multiplyExact(images, Math.ceilDiv(channels, columns));
  }
}
