package dev.hindsight.bundle;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/// Writes a folder as `.tar.gz` (POSIX ustar): files, folders, symbolic links, and whether a file
/// may be executed. No owners and no times, so that the same folder gives the same bytes.
final class TarGz {
  private static final int BLOCK = 512;
  private static final int NAME_BYTES = 100;
  private static final int CHECKSUM = 148;

  private TarGz() {}

  /// @param name of the folder in the archive, the first part of every entry's
  /// @param archive stays open
  static void write(Path folder, String name, OutputStream archive) throws IOException {
    var zip = new GZIPOutputStream(archive);
    var out = new BufferedOutputStream(zip, 1 << 16);
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted().toList()) {
        String inside = folder.relativize(each).toString();
        add(out, each, inside.isEmpty() ? name : name + "/" + inside);
      }
    }
    out.write(new byte[2 * BLOCK]);
    out.flush();
    zip.finish();
  }

  private static void add(OutputStream out, Path path, String name) throws IOException {
    if (Files.isSymbolicLink(path)) {
      out.write(header(name, '2', 0777, 0, Files.readSymbolicLink(path).toString()));
    } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      out.write(header(name + "/", '5', 0755, 0, ""));
    } else {
      long size = Files.size(path);
      out.write(header(name, '0', Files.isExecutable(path) ? 0755 : 0644, size, ""));
      Files.copy(path, out);
      out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
    }
  }

  private static byte[] header(String name, char type, int mode, long size, String link)
      throws IOException {
    byte[] header = new byte[BLOCK];
    text(header, 0, NAME_BYTES, name);
    octal(header, 100, 8, mode);
    octal(header, 108, 8, 0); // owner
    octal(header, 116, 8, 0); // group
    octal(header, 124, 12, size);
    octal(header, 136, 12, 0); // time
    header[156] = (byte) type;
    text(header, 157, NAME_BYTES, link);
    text(header, 257, 6, "ustar");
    text(header, 263, 2, "00");
    Arrays.fill(header, CHECKSUM, CHECKSUM + 8, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    octal(header, CHECKSUM, 7, sum); // six digits and a zero; the space behind them stays
    return header;
  }

  private static void text(byte[] header, int at, int room, String value) throws IOException {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > room) {
      throw new IOException("%s: longer than the %d bytes that tar has".formatted(value, room));
    }
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  private static void octal(byte[] header, int at, int room, long value) throws IOException {
    text(header, at, room, ("%0" + (room - 1) + "o").formatted(value));
    header[at + room - 1] = 0;
  }
}
