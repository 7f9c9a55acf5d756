package dev.hindsight.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/// Encodes grey and coloured images as PNG (8 bits, no filter), without any window system. The same
/// pixels give the same bytes.
public final class Png {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  private static final int BITS = 8;
  private static final byte GREY = 0; // colour types, of PNG's section 11.2.1
  private static final byte RGB = 2;

  private static final long MOST_BYTES = 1 << 30;

  /// Of a chunk beside its data: length, type and checksum.
  private static final int CHUNK_BYTES = 12;

  private Png() {}

  /// The PNG file of height x width pixels in raster order.
  ///
  /// @param channels of a pixel: 1, from 0 black to 255 white, or 3, red, green and blue
  public static byte[] encode(int width, int height, int channels, byte[] pixels) {
    if (width < 1
        || height < 1
        || (channels != 1 && channels != 3)
        || pixels.length != Math.multiplyExact(Math.multiplyExact(width, height), channels)) {
      throw new IllegalArgumentException(
          "png: %d bytes for %d x %d pixels of %d channels"
              .formatted(pixels.length, width, height, channels));
    }
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
    header.put((byte) BITS).put(channels == 1 ? GREY : RGB);
    header.put(new byte[3]); // deflate, filters by row, not interlaced
    var png = new ByteArrayOutputStream();
    png.writeBytes(SIGNATURE);
    chunk(png, "IHDR", header.array());
    chunk(png, "IDAT", deflated(height, pixels));
    chunk(png, "IEND", new byte[0]);
    return png.toByteArray();
  }

  private static byte[] deflated(int height, byte[] pixels) {
    int row = pixels.length / height;
    byte[] rows = new byte[Math.addExact(pixels.length, height)];
    for (int y = 0; y < height; y++) { // each starts with its filter, 0
      System.arraycopy(pixels, y * row, rows, y * (row + 1) + 1, row);
    }
    var bytes = new ByteArrayOutputStream();
    try (var deflate = new DeflaterOutputStream(bytes)) {
      deflate.write(rows);
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  /// Fails if a file that [#encode] wrote is damaged. Decoders do not check checksums.
  ///
  /// @throws FormatException in one line
  public static void requireWhole(Path file) {
    ByteBuffer in = ByteBuffer.wrap(BoundedFile.read(file, MOST_BYTES));
    byte[] signature = new byte[SIGNATURE.length];
    in.get(signature, 0, Math.min(signature.length, in.remaining()));
    if (!Arrays.equals(signature, SIGNATURE)) {
      throw new FormatException(file + ": is not a PNG; draw it again");
    }
    for (String type = ""; !type.equals("IEND"); ) {
      int length = in.remaining() < CHUNK_BYTES ? -1 : in.getInt();
      if (length < 0 || length > in.remaining() - (CHUNK_BYTES - Integer.BYTES)) {
        throw new FormatException(file + ": is truncated; draw it again");
      }
      byte[] chunk = new byte[Integer.BYTES + length];
      in.get(chunk);
      type = new String(chunk, 0, Integer.BYTES, StandardCharsets.US_ASCII);
      if (in.getInt() != crc(chunk, 0, chunk.length)) {
        throw new FormatException(
            file + ": damaged: has another checksum than when it was written; draw it again");
      }
    }
    if (in.hasRemaining()) {
      throw new FormatException(
          "%s: has %d bytes after its end; draw it again".formatted(file, in.remaining()));
    }
  }

  private static int crc(byte[] bytes, int offset, int length) {
    var crc = new CRC32();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }

  private static void chunk(ByteArrayOutputStream png, String type, byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES + data.length);
    chunk.putInt(data.length).put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
    chunk.putInt(crc(chunk.array(), 4, 4 + data.length));
    png.writeBytes(chunk.array());
  }
}
