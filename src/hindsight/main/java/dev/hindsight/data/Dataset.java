package dev.hindsight.data;

import dev.hindsight.format.Sha256;
import dev.hindsight.image.ImageShape;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Images of one shape, of D bytes each, 0 to 255, whatever the levels of that, and perhaps their
/// labels.
public final class Dataset {
  private final String name;
  private final ImageShape shape;
  private final Pixels pixels; // (count, D)
  private final @Nullable Labels labels;
  private final String split;

  /// Keeps the arrays, which must not be changed afterwards.
  ///
  /// @param shape that models get, with D values
  /// @param bytes count x D, unsigned
  public Dataset(String name, ImageShape shape, byte[] bytes, @Nullable Labels labels) {
    this(name, shape, MemorySegment.ofArray(bytes), labels);
  }

  /// The same of bytes that may be more than an array holds, such as those of a mapped file.
  public Dataset(String name, ImageShape shape, MemorySegment bytes, @Nullable Labels labels) {
    this(name, shape, whole(name, shape, bytes), labels, "");
  }

  private static Pixels whole(String name, ImageShape shape, MemorySegment bytes) {
    if (bytes.byteSize() == 0 || bytes.byteSize() % shape.values() != 0) {
      throw new IllegalArgumentException(
          "dataset %s: %d bytes are not one or more images of %s"
              .formatted(name, bytes.byteSize(), shape));
    }
    return Pixels.of(bytes, shape.values());
  }

  private Dataset(
      String name, ImageShape shape, Pixels pixels, @Nullable Labels labels, String split) {
    if (labels != null && labels.count() != pixels.count()) {
      throw new IllegalArgumentException(
          "dataset %s: %d labels for %d images".formatted(name, labels.count(), pixels.count()));
    }
    this.name = name;
    this.shape = shape;
    this.pixels = pixels;
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

  public int count() {
    return pixels.count();
  }

  /// A copy of all images, (count·D) unsigned bytes.
  ///
  /// @throws DataException when no array holds them
  public byte[] bytes() {
    if ((long) count() * shape.values() > Pixels.MOST_BYTES) {
      throw new DataException(
          "%s: has more than %d bytes, too many to be sent or copied in one piece; give fewer images"
              .formatted(name, Pixels.MOST_BYTES));
    }
    byte[] all = new byte[count() * shape.values()];
    for (int image = 0; image < count(); image++) {
      pixels.copy(image, all, image * shape.values());
    }
    return all;
  }

  /// Whether its images are in a file, mapped, and not on the heap.
  public boolean isMapped() {
    return pixels.isMapped();
  }

  /// Writes the bytes of an image, (D).
  void image(int image, byte[] to) {
    pixels.copy(image, to, 0);
  }

  /// A value of an image as it is stored, 0..255.
  public int intensity(int image, int value) {
    return pixels.value(image, value) & 0xff;
  }

  public @Nullable Labels labels() {
    return labels;
  }

  public boolean hasLabels() {
    return labels != null;
  }

  /// The names of the classes that labels are of; none where there are no labels.
  public List<String> classes() {
    return labels == null ? List.of() : labels.classes();
  }

  /// The label of an image: the number of its class, or -1 where it is of none.
  public int label(int image) {
    if (labels == null) {
      throw new IllegalStateException("dataset " + name + ": it has no labels");
    }
    return labels.of(image);
  }

  /// How many images are of each of its classes.
  public int[] countsOfClasses() {
    int[] counts = new int[classes().size()];
    for (int image = 0; labels != null && image < count(); image++) {
      if (labels.of(image) != Labels.NONE) {
        counts[labels.of(image)]++;
      }
    }
    return counts;
  }

  /// The same images with labels that are numbers of these classes, by their names.
  ///
  /// @throws DataException when an image is of another class
  public Dataset withClasses(List<String> names) {
    Labels numbered = labels == null ? null : labels.withClasses(name, names);
    return new Dataset(name, shape, pixels, numbered, split);
  }

  /// The same images without their labels.
  public Dataset withoutLabels() {
    return new Dataset(name, shape, pixels, null, split);
  }

  /// The first `n` images, or all when there are fewer.
  public Dataset first(int n) {
    return select(IntStream.range(0, Math.min(n, count())).toArray());
  }

  /// Some of the images, by their numbers, in that order.
  public Dataset select(int[] images) {
    Labels some = labels == null ? null : labels.select(images);
    return new Dataset(name, shape, pixels.select(images), some, split);
  }

  /// The same images, of which it is said how they were split.
  Dataset withSplit(String words) {
    return new Dataset(name, shape, pixels, labels, words);
  }

  /// The same images, whose values get so many levels.
  public Dataset withLevels(int levels) {
    return new Dataset(name, shape.withLevels(levels), pixels, labels, split);
  }

  /// How often each value is 1 after binarising, (D), each in 0..1.
  public double[] pixelMeans(Binarize binarize) {
    double[] sums = new double[shape.values()];
    byte[] bytes = new byte[shape.values()];
    for (int image = 0; image < count(); image++) {
      image(image, bytes);
      for (int value = 0; value < sums.length; value++) {
        sums[value] += binarize.probability(bytes[value] & 0xff);
      }
    }
    for (int value = 0; value < sums.length; value++) {
      sums[value] /= count();
    }
    return sums;
  }

  /// How often each level occurs, (C,V), each row adds up to 1.
  ///
  /// @param binarize how values of two levels come about
  public double[][] levelsOfChannels(Binarize binarize) {
    return levels(shape.channels(), binarize);
  }

  /// How often each level occurs in each value, (D,V), each row adds up to 1.
  ///
  /// @param binarize how values of two levels come about
  public double[][] levelsOfValues(Binarize binarize) {
    return levels(shape.values(), binarize);
  }

  /// @param kinds of values, each of which is of kind `value mod kinds`
  private double[][] levels(int kinds, Binarize binarize) {
    double[][] levels = new double[kinds][shape.levels()];
    byte[] bytes = new byte[shape.values()];
    double each = (double) kinds / ((long) count() * bytes.length);
    for (int image = 0; image < count(); image++) {
      image(image, bytes);
      for (int value = 0; value < bytes.length; value++) {
        double[] row = levels[value % kinds];
        if (shape.binary()) {
          double one = binarize.probability(bytes[value] & 0xff);
          row[0] += (1 - one) * each;
          row[1] += one * each;
        } else {
          row[Levels.of(bytes[value], shape.levels())] += each;
        }
      }
    }
    return levels;
  }

  /// SHA-256 of the names of the classes and of which of them each image is; empty where there are
  /// no labels.
  public String sha256OfLabels() {
    if (labels == null) {
      return "";
    }
    var digest = new Sha256();
    digest.update(String.join("\n", classes()).getBytes(StandardCharsets.UTF_8));
    for (int image = 0; image < count(); image++) {
      digest.update("\n%d".formatted(labels.of(image)).getBytes(StandardCharsets.UTF_8));
    }
    return digest.digits();
  }

  /// SHA-256 of the bytes, so that a run can say what it was trained on.
  public String sha256() {
    var digest = new Sha256();
    byte[] bytes = new byte[shape.values()];
    for (int image = 0; image < count(); image++) {
      image(image, bytes);
      digest.update(bytes);
    }
    return digest.digits();
  }

  @Override
  public String toString() {
    return name + " (" + count() + " images)";
  }
}
