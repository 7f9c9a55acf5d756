package dev.hindsight.data;

import dev.hindsight.image.ImageShape;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import java.util.zip.ZipException;

/// Reads one IDX file: a big-endian magic number (0, 0, type, number of axes), one extent per axis,
/// then the elements. Format: the appendix of the MNIST page by LeCun, Cortes and Burges. Images
/// have three axes or, with channels as the last, four.
///
/// Memory grows with what the file holds, not with what its header claims.
///
/// @param where the file's name for messages
record IdxParser(String where, FileBytes in) {
  static final int IMAGES_OF_CHANNELS = 0x0804; // unsigned bytes, 4 axes
  private static final int IMAGES = 0x0803; // unsigned bytes, 3 axes
  private static final int LABELS = 0x0801; // unsigned bytes, 1 axis

  Images images() throws IOException {
    return damageIsData(
        () -> {
          int magic = extent();
          if (magic != IMAGES_OF_CHANNELS) {
            require(magic, IMAGES, "images");
          }
          int count = extent();
          int height = extent();
          int width = extent();
          if (!ImageShape.isPossible(height, width)) {
            throw wrong(
                "images of %sx%s pixels; sides may be 1 to %d pixels long, and an image have 2 to %d"
                    .formatted(
                        Integer.toUnsignedString(height),
                        Integer.toUnsignedString(width),
                        ImageShape.LONGEST_SIDE,
                        ImageShape.MOST_PIXELS));
          }
          int channels = magic == IMAGES ? 1 : extent();
          if (channels != 1 && channels != 3) {
            throw wrong(
                "images of %s channels; a pixel may have 1, grey, or 3, red, green and blue"
                    .formatted(Integer.toUnsignedString(channels)));
          }
          ImageShape shape =
              channels == 1
                  ? new ImageShape(height, width) // MNIST's are for two levels
                  : Images.shape(height, width, channels);
          return new Images(shape, elements(count, shape.values(), "images"));
        });
  }

  /// All labels, one byte each.
  int[] labels() throws IOException {
    return damageIsData(
        () -> {
          require(extent(), LABELS, "labels");
          byte[] labels = elements(extent(), 1, "labels").toArray(ValueLayout.JAVA_BYTE);
          return IntStream.range(0, labels.length).map(k -> labels[k] & 0xff).toArray();
        });
  }

  private void require(int magic, int expected, String what) {
    if (magic != expected) {
      String hint =
          magic >>> 16 == Gzip.MAGIC
              ? "it is gzipped, so end its name in .gz"
              : "get the file again";
      throw wrong(
          "magic number is 0x%08x but IDX %s start with 0x%08x; %s"
              .formatted(magic, what, expected, hint));
    }
  }

  private int extent() throws IOException {
    byte[] b = in.next(4);
    if (b.length < 4) {
      throw wrong("the file ends inside its header; get the file again");
    }
    return (b[0] & 0xff) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | (b[3] & 0xff);
  }

  private MemorySegment elements(int count, int bytesEach, String what) throws IOException {
    if (count == 0) {
      throw wrong("the header says 0 %s; at least 1 is needed".formatted(what));
    }
    long most = in.most(bytesEach);
    if (count < 0 || count > most) {
      throw wrong(
          "the header says %s %s; at most %d can be read%s"
              .formatted(Integer.toUnsignedString(count), what, most, in.remedy()));
    }
    long wanted = (long) count * bytesEach;
    MemorySegment elements = in.elements(wanted);
    if (elements.byteSize() < wanted) {
      throw wrong(
          "truncated: %d of the %d bytes that its header promises (%d %s); get the file again"
              .formatted(elements.byteSize(), wanted, count, what));
    }
    if (in.hasMore()) {
      throw wrong(
          "more bytes follow the %d %s that its header promises; get the file again"
              .formatted(count, what));
    }
    return elements;
  }

  @FunctionalInterface
  private interface Reading<T> {
    T run() throws IOException;
  }

  private <T> T damageIsData(Reading<T> reading) throws IOException {
    try {
      return reading.run();
    } catch (EOFException | ZipException e) { // only gzip throws these
      throw Gzip.damaged(where, e);
    }
  }

  private DataException wrong(String what) {
    return new DataException(where + ": " + what);
  }
}
