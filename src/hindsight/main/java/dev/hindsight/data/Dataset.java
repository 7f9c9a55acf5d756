package dev.hindsight.data;

import dev.hindsight.format.Sha256;
import dev.hindsight.image.ImageShape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Grey images of one size, D pixels each in raster order, 0 (background) to 255, and perhaps their
/// labels.
public final class Dataset {
  private final String name;
  private final ImageShape shape;
  private final byte[] grey; // (count, D)
  private final byte @Nullable [] labels; // (count)

  /// Keeps the arrays, which must not be changed afterwards.
  ///
  /// @param grey count x D unsigned bytes
  public Dataset(String name, ImageShape shape, byte[] grey, byte @Nullable [] labels) {
    int pixels = shape.pixels();
    if (grey.length == 0 || grey.length % pixels != 0) {
      throw new IllegalArgumentException(
          "dataset %s: %d bytes are not one or more images of %s pixels"
              .formatted(name, grey.length, shape));
    }
    if (labels != null && labels.length != grey.length / pixels) {
      throw new IllegalArgumentException(
          "dataset %s: %d labels for %d images"
              .formatted(name, labels.length, grey.length / pixels));
    }
    this.name = name;
    this.shape = shape;
    this.grey = grey;
    this.labels = labels;
  }

  public String name() {
    return name;
  }

  /// Of every image, as a model gets it.
  public ImageShape shape() {
    return shape;
  }

  /// Number of images.
  public int count() {
    return grey.length / shape.pixels();
  }

  /// All pixels, (count·D) unsigned bytes, which must not be changed.
  public byte[] pixels() {
    return grey;
  }

  /// A pixel of an image, 0..255.
  public int grey(int image, int pixel) {
    return grey[image * shape.pixels() + pixel] & 0xff;
  }

  public boolean hasLabels() {
    return labels != null;
  }

  /// The label of an image.
  public int label(int image) {
    if (labels == null) {
      throw new IllegalStateException("dataset " + name + ": it has no labels");
    }
    return labels[image] & 0xff;
  }

  /// The first `n` images, or all when there are fewer.
  public Dataset first(int n) {
    int kept = Math.min(n, count());
    return new Dataset(
        name,
        shape,
        Arrays.copyOf(grey, kept * shape.pixels()),
        labels == null ? null : Arrays.copyOf(labels, kept));
  }

  /// Some of the images, by their numbers, in that order.
  Dataset select(int[] images) {
    int each = shape.pixels();
    byte[] pixels = new byte[images.length * each];
    byte[] digits = labels == null ? null : new byte[images.length];
    for (int k = 0; k < images.length; k++) {
      System.arraycopy(grey, images[k] * each, pixels, k * each, each);
      if (labels != null && digits != null) {
        digits[k] = labels[images[k]];
      }
    }
    return new Dataset(name, shape, pixels, digits);
  }

  /// How often each pixel is 1 after binarising, (D), each in 0..1.
  public double[] pixelMeans(Binarize binarize) {
    double[] sums = new double[shape.pixels()];
    for (int image = 0; image < count(); image++) {
      for (int pixel = 0; pixel < sums.length; pixel++) {
        sums[pixel] += binarize.probability(grey(image, pixel));
      }
    }
    for (int pixel = 0; pixel < sums.length; pixel++) {
      sums[pixel] /= count();
    }
    return sums;
  }

  /// SHA-256 of the pixels, so that a run can say what it was trained on.
  public String sha256() {
    var digest = new Sha256();
    digest.update(grey);
    return digest.digits();
  }

  @Override
  public String toString() {
    return name + " (" + count() + " images)";
  }
}
