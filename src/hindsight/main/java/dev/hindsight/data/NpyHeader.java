package dev.hindsight.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The header of an array in NumPy's format: magic, version, length, and a Python dictionary (NEP
/// 1, and numpy.lib.format for versions 2 and 3).
///
/// @param type such as `|u1`, bytes, or `<i8`
/// @param fortran whether the first axis is the fastest
/// @param shape extents, none of which is negative
record NpyHeader(String type, boolean fortran, List<Long> shape) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int LATEST = 3;
  private static final int MOST_BYTES = 1 << 16; // honest ones have 118
  private static final Pattern TYPE = Pattern.compile("'descr'\\s*:\\s*'([^']{1,20})'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE =
      Pattern.compile("'shape'\\s*:\\s*\\(((?:\\s*\\d{1,18}L?\\s*,)*+(?:\\s*\\d{1,18}L?)?)\\s*\\)");

  /// Reads what precedes the elements.
  ///
  /// @param where the file's name, for messages
  static NpyHeader of(String where, FileBytes in) throws IOException {
    byte[] start = in.next(MAGIC.length + 2);
    if (start.length < MAGIC.length + 2
        || !Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new DataException(where + ": is no array of NumPy; get the file again");
    }
    int version = start[MAGIC.length];
    if (version < 1 || version > LATEST) {
      throw new DataException(
          "%s: has version %d of NumPy's format; versions 1 to %d can be read"
              .formatted(where, version & 0xff, LATEST));
    }
    byte[] digits = in.next(version == 1 ? 2 : 4);
    long length = 0;
    for (int k = digits.length - 1; k >= 0; k--) {
      length = length << 8 | (digits[k] & 0xff);
    }
    if (length > MOST_BYTES) {
      throw new DataException(
          "%s: has a header of %d bytes; expected at most %d".formatted(where, length, MOST_BYTES));
    }
    byte[] text = in.next((int) length);
    if (text.length < length || length == 0) {
      throw new DataException(where + ": the file ends inside its header; get the file again");
    }
    return parse(where, new String(text, StandardCharsets.UTF_8));
  }

  private static NpyHeader parse(String where, String text) {
    Matcher type = TYPE.matcher(text);
    Matcher order = ORDER.matcher(text);
    Matcher shape = SHAPE.matcher(text);
    if (!type.find() || !order.find() || !shape.find()) {
      throw new DataException(
          where + ": its header names no single dtype, order and shape; save a plain array");
    }
    List<Long> extents =
        Pattern.compile("\\d+")
            .matcher(shape.group(1))
            .results()
            .map(number -> Long.valueOf(number.group()))
            .toList();
    return new NpyHeader(type.group(1), order.group(1).equals("True"), extents);
  }

  int rank() {
    return shape.size();
  }

  /// As Python prints it.
  String describeShape() {
    return shape.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
  }
}
