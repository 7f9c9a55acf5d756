package dev.hindsight.data;

import dev.hindsight.image.ImageShape;
import org.jspecify.annotations.Nullable;

/// Images that were read.
///
/// @param bytes count x D
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Images(ImageShape shape, byte[] bytes) {
  static final int MOST_BYTES = Integer.MAX_VALUE - 8; // of an array

  /// Of so many sides and channels, whose values are as many levels as bytes have.
  static ImageShape shape(int height, int width, int channels) {
    return new ImageShape(height, width, channels, ImageShape.MOST_LEVELS);
  }

  int count() {
    return bytes.length / shape.values();
  }

  Dataset named(String name, byte @Nullable [] labels) {
    return new Dataset(name, shape, bytes, labels);
  }

  /// Room for images, as few bytes as they have.
  ///
  /// @throws DataException when no array has so many
  static byte[] room(int count, ImageShape shape) {
    requireRoom(count, shape);
    return new byte[count * shape.values()];
  }

  static void requireRoom(int count, ImageShape shape) {
    long bytes = (long) count * shape.values();
    if (bytes > MOST_BYTES) {
      throw new DataException(
          "%d images of %s have %d bytes; at most %d can be read, so give fewer or a smaller --size"
              .formatted(count, shape, bytes, MOST_BYTES));
    }
  }
}
