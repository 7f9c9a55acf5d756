package dev.hindsight.data;

import dev.hindsight.error.Printable;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// The classes of a data set, and of which each of its images is.
public final class Labels implements Serializable {
  private static final long serialVersionUID = 1;

  /// Of an image that is of no class.
  public static final int NONE = -1;

  private final int[] ofImages; // NONE, or the number of a class
  private final String[] classes;

  /// @param ofImages of each image the number of its class, or [#NONE]
  /// @param classes their names
  Labels(int[] ofImages, List<String> classes) {
    this.ofImages = ofImages.clone();
    this.classes = classes.toArray(String[]::new);
  }

  /// Of classes that have these names, or their numbers where an image is of none of these.
  static Labels of(int[] ofImages, List<String> classes) {
    boolean known = Arrays.stream(ofImages).allMatch(label -> label < classes.size());
    return known ? new Labels(ofImages, classes) : numbered(ofImages);
  }

  /// Of classes that have no names but their numbers.
  ///
  /// @param ofImages the number of each image's class, from 0
  public static Labels numbered(int[] ofImages) {
    int count = 1 + Arrays.stream(ofImages).max().orElse(NONE);
    return new Labels(ofImages, IntStream.range(0, count).mapToObj(Integer::toString).toList());
  }

  int count() {
    return ofImages.length;
  }

  /// The class of an image, or [#NONE].
  int of(int image) {
    return ofImages[image];
  }

  List<String> classes() {
    return List.of(classes);
  }

  /// The same as numbers of these classes, by their names.
  ///
  /// @param dataset for the message
  Labels withClasses(String dataset, List<String> names) {
    int[] numbers = Arrays.stream(classes).mapToInt(names::indexOf).toArray();
    int[] mapped = new int[ofImages.length];
    for (int image = 0; image < mapped.length; image++) {
      int label = ofImages[image];
      mapped[image] = label == NONE ? NONE : numbers[label];
      if (label != NONE && numbers[label] < 0) {
        throw new DataException(
            "%s: image %d is of the class '%s', which is none of the %d that the model is for; leave it out"
                .formatted(dataset, image, Printable.brief(classes[label]), names.size()));
      }
    }
    return new Labels(mapped, names);
  }

  /// Those of some of the images.
  Labels select(int[] images) {
    return new Labels(IntStream.of(images).map(image -> ofImages[image]).toArray(), classes());
  }
}
