package dev.example;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// Takes the pictures out of a font of emoji, such as that of Debian's `fonts-noto-color-emoji`:
/// its table `CBDT` holds a PNG for each (OpenType specification), which tells where it ends.
final class PicturesOfFont {
  private static final long SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int LAST_CHUNK = 0x49454e44; // IEND
  private static final int AROUND = 12; // bytes of a chunk that are not its data

  private PicturesOfFont() {}

  /// @param args the font's file and a folder for the pictures
  public static void main(String[] args) throws IOException {
    byte[] font = Files.readAllBytes(Path.of(args[0]));
    Path folder = Files.createDirectories(Path.of(args[1]));
    ByteBuffer bytes = ByteBuffer.wrap(font);
    int pictures = 0;
    for (int at = 0; at + Long.BYTES < font.length; at++) {
      if (bytes.getLong(at) == SIGNATURE) {
        int end = end(bytes, at + Long.BYTES);
        Path file = folder.resolve("%04d.png".formatted(pictures++));
        Files.write(file, Arrays.copyOfRange(font, at, end));
        at = end - 1;
      }
    }
    System.out.printf("%d pictures in %s%n", pictures, folder);
  }

  private static int end(ByteBuffer bytes, int first) {
    int at = first;
    boolean last = false;
    while (!last) {
      last = bytes.getInt(at + Integer.BYTES) == LAST_CHUNK;
      at += bytes.getInt(at) + AROUND;
    }
    return at;
  }
}
