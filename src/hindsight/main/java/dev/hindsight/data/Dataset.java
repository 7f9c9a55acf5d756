package dev.hindsight.data;

import dev.hindsight.format.Sha256;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Grey images of 28x28 pixels in raster order, 0 (background) to 255, and perhaps their labels.
public final class Dataset {
  public static final int SIDE = 28;
  public static final int PIXELS = SIDE * SIDE;

  private final String name;
  private final byte[] grey; // (count, 784)
  private final byte @Nullable [] labels; // (count)

  /// Keeps the arrays, which must not be changed afterwards.
  ///
  /// @param grey count x 784 unsigned bytes
  public Dataset(String name, byte[] grey, byte @Nullable [] labels) {
    if (grey.length == 0 || grey.length % PIXELS != 0) {
      throw new IllegalArgumentException(
          "dataset %s: %d bytes are not one or more images of %d pixels"
              .formatted(name, grey.length, PIXELS));
    }
    if (labels != null && labels.length != grey.length / PIXELS) {
      throw new IllegalArgumentException(
          "dataset %s: %d labels for %d images"
              .formatted(name, labels.length, grey.length / PIXELS));
    }
    this.name = name;
    this.grey = grey;
    this.labels = labels;
  }

  public String name() {
    return name;
  }

  /// Number of images.
  public int count() {
    return grey.length / PIXELS;
  }

  /// All pixels, (count·784) unsigned bytes, which must not be changed.
  public byte[] pixels() {
    return grey;
  }

  /// A pixel of an image, 0..255.
  public int grey(int image, int pixel) {
    return grey[image * PIXELS + pixel] & 0xff;
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
        Arrays.copyOf(grey, kept * PIXELS),
        labels == null ? null : Arrays.copyOf(labels, kept));
  }

  /// Some of the images, by their numbers, in that order.
  Dataset select(int[] images) {
    byte[] pixels = new byte[images.length * PIXELS];
    byte[] digits = labels == null ? null : new byte[images.length];
    for (int k = 0; k < images.length; k++) {
      System.arraycopy(grey, images[k] * PIXELS, pixels, k * PIXELS, PIXELS);
      if (labels != null && digits != null) {
        digits[k] = labels[images[k]];
      }
    }
    return new Dataset(name, pixels, digits);
  }

  /// How often each pixel is 1 after binarising, (784), each in 0..1.
  public double[] pixelMeans(Binarize binarize) {
    double[] sums = new double[PIXELS];
    for (int image = 0; image < count(); image++) {
      for (int pixel = 0; pixel < PIXELS; pixel++) {
        sums[pixel] += binarize.probability(grey(image, pixel));
      }
    }
    for (int pixel = 0; pixel < PIXELS; pixel++) {
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
