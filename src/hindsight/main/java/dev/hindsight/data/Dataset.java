package dev.hindsight.data;

import dev.hindsight.format.Sha256;
import dev.hindsight.image.ImageShape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Images of one shape, of D bytes each, 0 to 255, whatever the levels of that, and perhaps their
/// labels.
public final class Dataset {
  private final String name;
  private final ImageShape shape;
  private final byte[] bytes; // (count, D)
  private final byte @Nullable [] labels; // (count)
  private final String split;

  /// Keeps the arrays, which must not be changed afterwards.
  ///
  /// @param shape that models get, with D values
  /// @param bytes count x D, unsigned
  public Dataset(String name, ImageShape shape, byte[] bytes, byte @Nullable [] labels) {
    this(name, shape, bytes, labels, "");
  }

  private Dataset(
      String name, ImageShape shape, byte[] bytes, byte @Nullable [] labels, String split) {
    int values = shape.values();
    if (bytes.length == 0 || bytes.length % values != 0) {
      throw new IllegalArgumentException(
          "dataset %s: %d bytes are not one or more images of %s"
              .formatted(name, bytes.length, shape));
    }
    if (labels != null && labels.length != bytes.length / values) {
      throw new IllegalArgumentException(
          "dataset %s: %d labels for %d images"
              .formatted(name, labels.length, bytes.length / values));
    }
    this.name = name;
    this.shape = shape;
    this.bytes = bytes;
    this.labels = labels;
    this.split = split;
  }

  public String name() {
    return name;
  }

  /// How test images were told from those to learn from, where that is not part of the set: `test:
  /// 1 in 10, drawn by seed 0`.
  public String split() {
    return split;
  }

  /// Of every image, as a model gets it.
  public ImageShape shape() {
    return shape;
  }

  /// Number of images.
  public int count() {
    return bytes.length / shape.values();
  }

  /// All images, (count·D) unsigned bytes, which must not be changed.
  public byte[] bytes() {
    return bytes;
  }

  /// A value of an image as it is stored, 0..255.
  public int intensity(int image, int value) {
    return bytes[image * shape.values() + value] & 0xff;
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
        Arrays.copyOf(bytes, kept * shape.values()),
        labels == null ? null : Arrays.copyOf(labels, kept),
        split);
  }

  /// Some of the images, by their numbers, in that order.
  Dataset select(int[] images) {
    int each = shape.values();
    byte[] selected = new byte[images.length * each];
    byte[] digits = labels == null ? null : new byte[images.length];
    for (int k = 0; k < images.length; k++) {
      System.arraycopy(bytes, images[k] * each, selected, k * each, each);
      if (labels != null && digits != null) {
        digits[k] = labels[images[k]];
      }
    }
    return new Dataset(name, shape, selected, digits, split);
  }

  /// The same images, of which it is said how they were split.
  Dataset withSplit(String words) {
    return new Dataset(name, shape, bytes, labels, words);
  }

  /// The same images, whose values get so many levels.
  public Dataset withLevels(int levels) {
    return new Dataset(name, shape.withLevels(levels), bytes, labels, split);
  }

  /// How often each value is 1 after binarising, (D), each in 0..1.
  public double[] pixelMeans(Binarize binarize) {
    double[] sums = new double[shape.values()];
    for (int image = 0; image < count(); image++) {
      for (int value = 0; value < sums.length; value++) {
        sums[value] += binarize.probability(intensity(image, value));
      }
    }
    for (int value = 0; value < sums.length; value++) {
      sums[value] /= count();
    }
    return sums;
  }

  /// How often each level occurs, (C,V), each row adds up to 1.
  public double[][] levelsOfChannels() {
    return levels(shape.channels());
  }

  /// How often each level occurs in each value, (D,V), each row adds up to 1.
  public double[][] levelsOfValues() {
    return levels(shape.values());
  }

  /// @param kinds of values, each of which is of kind `value mod kinds`
  private double[][] levels(int kinds) {
    double[][] levels = new double[kinds][shape.levels()];
    double each = (double) kinds / bytes.length;
    for (int k = 0; k < bytes.length; k++) {
      levels[k % kinds][Levels.of(bytes[k], shape.levels())] += each;
    }
    return levels;
  }

  /// SHA-256 of the bytes, so that a run can say what it was trained on.
  public String sha256() {
    var digest = new Sha256();
    digest.update(bytes);
    return digest.digits();
  }

  @Override
  public String toString() {
    return name + " (" + count() + " images)";
  }
}
