package dev.hindsight.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// Files that are gzipped where their names end in `.gz`.
final class Gzip {
  static final int MAGIC = 0x1f8b;

  private Gzip() {}

  /// What the file holds, unpacked where its name says so.
  ///
  /// @param where the file's name, for the messages
  static InputStream open(String where, InputStream raw) throws IOException {
    if (!where.endsWith(".gz")) {
      return raw;
    }
    var start = new PushbackInputStream(raw, 2);
    byte[] head = start.readNBytes(2);
    if (head.length < 2 || ((head[0] & 0xff) << 8 | (head[1] & 0xff)) != MAGIC) {
      throw new DataException(
          where
              + (head.length == 0
                  ? ": the file is empty; get the file again"
                  : ": not gzip although its name ends in .gz; rename it or get the file again"));
    }
    start.unread(head);
    try {
      return new GZIPInputStream(start, 1 << 16);
    } catch (EOFException | ZipException e) {
      throw damaged(where, e);
    }
  }

  /// Where reading what [#open] gave fails.
  static DataException damaged(String where, IOException e) {
    return new DataException(
        "%s: damaged or truncated gzip (%s); get the file again".formatted(where, e.getMessage()));
  }
}
