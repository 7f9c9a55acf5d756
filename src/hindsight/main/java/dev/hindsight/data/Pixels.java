package dev.hindsight.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The bytes of images, where they are: in an array, or in a file that is mapped, so that they need
/// no room on the heap and may be more than an array holds.
///
/// @param each bytes of an image
/// @param places of images among the bytes; null: one after another
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Pixels(MemorySegment bytes, int each, int @Nullable [] places) {
  /// Of an array.
  static final int MOST_BYTES = Integer.MAX_VALUE - 8;

  /// Images that follow one another.
  static Pixels of(MemorySegment bytes, int each) {
    return new Pixels(bytes, each, null);
  }

  int count() {
    return places == null ? Math.toIntExact(bytes.byteSize() / each) : places.length;
  }

  /// Whether they are in a file.
  boolean isMapped() {
    return bytes.isMapped();
  }

  /// Writes an image to `to[offset ..]`.
  void copy(int image, byte[] to, int offset) {
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, place(image), to, offset, each);
  }

  byte value(int image, int value) {
    return bytes.get(ValueLayout.JAVA_BYTE, place(image) + value);
  }

  private long place(int image) {
    return (long) (places == null ? image : places[image]) * each;
  }

  /// Some of them, in that order. Those of a file stay there, and others get an array of their own,
  /// so that the rest may go.
  Pixels select(int[] images) {
    if (isMapped()) {
      int[] all = places;
      int[] some = all == null ? images : IntStream.of(images).map(image -> all[image]).toArray();
      return new Pixels(bytes, each, some);
    }
    byte[] selected = new byte[images.length * each];
    for (int k = 0; k < images.length; k++) {
      copy(images[k], selected, k * each);
    }
    return of(MemorySegment.ofArray(selected), each);
  }
}
