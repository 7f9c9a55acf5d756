package dev.hindsight.data;

import dev.hindsight.image.ImageShape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;

/// Slants images: a row moves sideways by whole pixels, the further the farther it lies from the
/// middle, as digits of another hand lean (torchvision's `RandomAffine` with `shear` alone, nearest
/// pixel). Values stay what they are, so edges are no softer; what leaves the image is lost, and
/// background comes in.
///
/// @param largest pixels to a row, either way; the slant is drawn evenly up to it
record Shear(float largest) {
  static final Shear NONE = new Shear(0);

  Shear {
    if (!(largest >= 0 && largest <= 1)) {
      throw new IllegalArgumentException("shear: it must be from 0 to 1 but is " + largest);
    }
  }

  /// How far a row moves to the right; the one as far below the middle moves as far to the left.
  static int shift(ImageShape shape, double slant, int row) {
    double middle = (shape.height() - 1) / 2.0;
    return (int) Math.rint(slant * (middle - row));
  }

  /// Writes the slanted image to `out`.
  ///
  /// @param key of this image in this epoch
  /// @param block four words of scratch
  void image(ImageShape shape, byte[] bytes, RandomKey key, int[] block, byte[] out) {
    double slant = largest * (2.0 * Philox.uniform(key, 0, block) - 1);
    Arrays.fill(out, (byte) 0);
    for (int row = 0; row < shape.height(); row++) {
      int shift = shift(shape, slant, row);
      int first = row * shape.width();
      int kept = shape.width() - Math.abs(shift); // pixels
      if (kept <= 0) { // of a high and narrow image
        continue;
      }
      int from = (first + Math.max(-shift, 0)) * shape.channels();
      int to = (first + Math.max(shift, 0)) * shape.channels();
      System.arraycopy(bytes, from, out, to, kept * shape.channels());
    }
  }
}
