package dev.hindsight.data;

import dev.hindsight.image.ImageShape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Images that were read.
///
/// @param bytes count x D
/// @param blank how many are one plain colour since of their pictures only the opacity shows
///   anything
record Images(ImageShape shape, MemorySegment bytes, int blank) {
  Images(ImageShape shape, MemorySegment bytes) {
    this(shape, bytes, 0);
  }

  /// Of so many sides and channels, whose values are as many levels as bytes have.
  static ImageShape shape(int height, int width, int channels) {
    return new ImageShape(height, width, channels, ImageShape.MOST_LEVELS);
  }

  int count() {
    return Math.toIntExact(bytes.byteSize() / shape.values());
  }

  Dataset named(String name, @Nullable Labels labels) {
    return new Dataset(name, shape, bytes, labels);
  }

  /// The same, of labels that come from another file or array.
  Dataset named(String name, int[] labels, String labelsFile, String imagesFile) {
    if (labels.length != count()) {
      throw new DataException(
          "%s: %d labels but %s has %d images; both must come from one data set"
              .formatted(labelsFile, labels.length, imagesFile, count()));
    }
    return named(name, Labels.numbered(labels));
  }
}
