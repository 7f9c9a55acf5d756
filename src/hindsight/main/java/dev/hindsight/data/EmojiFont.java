package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import dev.hindsight.format.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/// The pictures of a colour font, unpacked once: its table `CBDT` holds a PNG for each (OpenType
/// 1.9, "CBDT - Color Bitmap Data Table"), which is found by its signature.
record EmojiFont(Path file) {
  /// Where Debian's package `fonts-noto-color-emoji` puts it.
  static final EmojiFont USUAL =
      new EmojiFont(Path.of("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"));

  private static final byte[] SIGNATURE = HexFormat.of().parseHex("89504e470d0a1a0a");
  private static final int LAST_CHUNK = 0x49454e44; // IEND
  private static final int AROUND = 12; // bytes of a chunk that are not its data

  /// The folder of its pictures, in the cache; of another version of the font, another one.
  Path folder(Path cache) {
    if (!Files.exists(file)) {
      throw new DataException(
          "%s: no such file, which holds the pictures of %s; run: sudo apt-get install fonts-noto-color-emoji"
              .formatted(file, Datasets.EMOJI));
    }
    Path all = cache.resolve(Datasets.EMOJI);
    try {
      byte[] font = Files.readAllBytes(file);
      Files.createDirectories(all);
      Path folder = all.resolve(Sha256.digits(font));
      if (!Files.isDirectory(folder)) {
        List<byte[]> pictures = pictures(font);
        Path part = Files.createTempDirectory(all, "part-");
        for (int k = 0; k < pictures.size(); k++) {
          Files.write(part.resolve("%04d.png".formatted(k)), pictures.get(k));
        }
        Files.move(part, folder);
      }
      return folder;
    } catch (IOException e) {
      throw new DataException(
          "%s: cannot be unpacked into %s (%s)".formatted(file, all, IoErrors.reason(e)));
    }
  }

  private static List<byte[]> pictures(byte[] font) throws IOException {
    List<byte[]> pictures = new ArrayList<>();
    for (int at = 0; at <= font.length - SIGNATURE.length; ) {
      if (Arrays.equals(font, at, at + SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length)) {
        int end = end(ByteBuffer.wrap(font), at + SIGNATURE.length);
        pictures.add(Arrays.copyOfRange(font, at, end));
        at = end;
      } else {
        at++;
      }
    }
    if (pictures.isEmpty()) {
      throw new IOException("it has no pictures");
    }
    return pictures;
  }

  /// Where the PNG ends that has this chunk.
  private static int end(ByteBuffer font, int chunk) throws EOFException {
    int at = chunk;
    boolean last = false;
    while (!last) {
      int room = font.limit() - at - AROUND;
      if (room < 0 || font.getInt(at) < 0 || font.getInt(at) > room) {
        throw new EOFException("a picture is cut");
      }
      last = font.getInt(at + Integer.BYTES) == LAST_CHUNK;
      at += font.getInt(at) + AROUND;
    }
    return at;
  }
}
