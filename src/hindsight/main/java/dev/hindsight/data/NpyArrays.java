package dev.hindsight.data;

import dev.hindsight.error.Printable;
import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Reads arrays in NumPy's format as images or labels. Memory grows with what the file holds, not
/// with what its header claims.
final class NpyArrays {
  private static final String BYTES = "u1";
  private static final int MOST_LABEL = 65_535;

  private NpyArrays() {}

  /// Images: bytes in C order, of axes (images, height, width) or, with channels, four.
  static Images images(String where, FileBytes in) throws IOException {
    NpyHeader header = NpyHeader.of(where, in);
    if (!header.type().substring(1).equals(BYTES)) {
      throw new DataException(
          "%s: has dtype '%s'; expected bytes from 0 to 255, astype('uint8') in NumPy"
              .formatted(where, Printable.line(header.type())));
    }
    List<Long> shape = header.shape();
    long channels = header.rank() == 4 ? shape.get(3) : 1;
    if (header.rank() < 3 || header.rank() > 4 || (channels != 1 && channels != 3)) {
      throw new DataException(
          "%s: has shape %s; expected (images, height, width) or (images, height, width, channels) with 1 or 3 channels"
              .formatted(where, header.describeShape()));
    }
    if (header.fortran()) {
      throw new DataException(
          where + ": is in Fortran order; save it in C order, numpy.ascontiguousarray");
    }
    int height = Math.clamp(shape.get(1), 0, Integer.MAX_VALUE);
    int width = Math.clamp(shape.get(2), 0, Integer.MAX_VALUE);
    if (shape.get(0) < 1 || !ImageShape.isPossible(height, width)) {
      throw new DataException(
          "%s: has shape %s; at least 1 image is needed, sides may be 1 to %d pixels long, and an image have 2 to %d"
              .formatted(
                  where, header.describeShape(), ImageShape.LONGEST_SIDE, ImageShape.MOST_PIXELS));
    }
    ImageShape of = Images.shape(height, width, (int) channels);
    return new Images(of, elements(where, in, header, of.values()));
  }

  /// Labels: whole numbers of any width, one for each image.
  static int[] labels(String where, FileBytes in) throws IOException {
    NpyHeader header = NpyHeader.of(where, in);
    String type = header.type();
    if (!type.matches("[|<>][iu][1248]")) {
      throw new DataException(
          "%s: has dtype '%s'; expected whole numbers for labels"
              .formatted(where, Printable.line(type)));
    }
    boolean column = header.rank() == 2 && header.shape().get(1) == 1;
    if ((header.rank() != 1 && !column) || header.shape().getFirst() < 1) {
      throw new DataException(
          "%s: has shape %s; expected a label for each image"
              .formatted(where, header.describeShape()));
    }
    int width = type.charAt(2) - '0';
    byte[] elements = elements(where, in, header, width).toArray(ValueLayout.JAVA_BYTE);
    boolean signed = type.charAt(1) == 'i';
    int[] labels = new int[elements.length / width];
    for (int image = 0; image < labels.length; image++) {
      // From the byte that counts most, which alone has a sign.
      long label = 0;
      for (int k = 0; k < width; k++) {
        int at = image * width + (type.charAt(0) == '>' ? k : width - 1 - k);
        label = label << Byte.SIZE | (k == 0 && signed ? elements[at] : elements[at] & 0xff);
      }
      if (label < 0 || label > MOST_LABEL) {
        throw new DataException(
            "%s: the label of image %d is not from 0 to %d".formatted(where, image, MOST_LABEL));
      }
      labels[image] = (int) label;
    }
    return labels;
  }

  private static MemorySegment elements(String where, FileBytes in, NpyHeader header, int bytesEach)
      throws IOException {
    long count = header.shape().getFirst();
    long most = in.most(bytesEach);
    if (count > most) {
      throw new DataException(
          "%s: has shape %s; at most %d of them can be read%s"
              .formatted(where, header.describeShape(), most, in.remedy()));
    }
    long wanted = count * bytesEach;
    MemorySegment elements = in.elements(wanted);
    if (elements.byteSize() < wanted) {
      throw new DataException(
          "%s: truncated: %d of the %d bytes of its shape %s; get the file again"
              .formatted(where, elements.byteSize(), wanted, header.describeShape()));
    }
    if (in.hasMore()) {
      throw new DataException(
          "%s: more bytes follow the %d of its shape %s; get the file again"
              .formatted(where, wanted, header.describeShape()));
    }
    return elements;
  }
}
