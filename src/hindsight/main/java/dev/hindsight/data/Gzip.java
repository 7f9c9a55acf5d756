package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/// Files that are gzipped where their names end in `.gz`.
final class Gzip {
  private static final String ENDING = ".gz";
  static final int MAGIC = 0x1f8b;

  private Gzip() {}

  /// Whether a file is gzipped, by its name.
  static boolean isOne(Path file) {
    return file.toString().endsWith(ENDING);
  }

  /// The file of this name, plain or else gzipped; null where there is neither.
  static @Nullable Path find(Path folder, String name) {
    return Stream.of(name, name + ENDING)
        .map(folder::resolve)
        .filter(Files::exists)
        .findFirst()
        .orElse(null);
  }

  /// What a file holds, unpacked where its name says so.
  static InputStream open(Path file) throws IOException {
    InputStream raw = new BufferedInputStream(IoErrors.open(file), 1 << 16);
    try {
      return open(file.toString(), raw);
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  /// The same of a stream.
  ///
  /// @param where the file's name, for the messages
  static InputStream open(String where, InputStream raw) throws IOException {
    if (!where.endsWith(ENDING)) {
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
