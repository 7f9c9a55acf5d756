package dev.hindsight.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/// Encodes grey images as PNG (8 bits, no filter), without any window system. The same pixels give
/// the same bytes.
public final class GreyPng {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  private GreyPng() {}

  /// The PNG file of height x width pixels in raster order, 0 black to 255 white.
  public static byte[] encode(int width, int height, byte[] grey) {
    if (width < 1 || height < 1 || grey.length != Math.multiplyExact(width, height)) {
      throw new IllegalArgumentException(
          "png: %d bytes for %d x %d pixels".formatted(grey.length, width, height));
    }
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
    header.put((byte) 8).put(new byte[4]); // bits; grey, deflate, filters by row, not interlaced
    var png = new ByteArrayOutputStream();
    png.writeBytes(SIGNATURE);
    chunk(png, "IHDR", header.array());
    chunk(png, "IDAT", deflated(width, height, grey));
    chunk(png, "IEND", new byte[0]);
    return png.toByteArray();
  }

  private static byte[] deflated(int width, int height, byte[] grey) {
    byte[] rows = new byte[height * (width + 1)]; // each row starts with its filter, 0
    for (int y = 0; y < height; y++) {
      System.arraycopy(grey, y * width, rows, y * (width + 1) + 1, width);
    }
    var bytes = new ByteArrayOutputStream();
    try (var deflate = new DeflaterOutputStream(bytes)) {
      deflate.write(rows);
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream png, String type, byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
    chunk.putInt(data.length).put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
    var crc = new CRC32();
    crc.update(chunk.array(), 4, 4 + data.length);
    chunk.putInt((int) crc.getValue());
    png.writeBytes(chunk.array());
  }
}
