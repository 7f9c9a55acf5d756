package dev.hindsight.format;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/// Reads a file into memory; files that are too long are refused.
public final class BoundedFile {
  private BoundedFile() {}

  /// The bytes of a file.
  ///
  /// @param most bytes that are read
  /// @throws FormatException when it is longer, no file or cannot be read
  public static byte[] read(Path path, long most) {
    try (InputStream in = IoErrors.open(path)) {
      byte[] bytes = in.readNBytes(Math.toIntExact(most + 1));
      if (bytes.length > most) {
        throw new FormatException(
            "%s: is longer than %d bytes, the limit; give a file of this program"
                .formatted(path, most));
      }
      return bytes;
    } catch (IOException e) {
      throw FormatException.unreadable(path, e);
    }
  }
}
