package dev.hindsight.data;

import dev.hindsight.image.ImageShape;
import org.jspecify.annotations.Nullable;

/// What an IDX file of images holds.
///
/// @param grey count x pixels
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record IdxImages(ImageShape shape, byte[] grey) {
  int count() {
    return grey.length / shape.values();
  }

  Dataset named(String name, byte @Nullable [] labels) {
    return new Dataset(name, shape, grey, labels);
  }
}
