package dev.hindsight.data;

import dev.hindsight.format.Sha256;
import dev.hindsight.image.ImageShape;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// A file of images: an IDX file of four axes (images, height, width, channels), how many of them
/// are blank, and the SHA-256 of all of that.
final class CachedImages {
  private static final int HEADER = 5 * Integer.BYTES;
  private static final int BLANK = Integer.BYTES;
  private static final int DIGEST = 64; // hexadecimal digits

  private CachedImages() {}

  /// Writes bytes at a place among the elements.
  static void put(FileChannel channel, long at, ByteBuffer bytes) throws IOException {
    long place = HEADER + at;
    while (bytes.hasRemaining()) {
      place += channel.write(bytes, place);
    }
  }

  /// Fills a buffer from a place among the elements.
  static void get(FileChannel channel, long at, ByteBuffer bytes) throws IOException {
    read(channel, HEADER + at, bytes);
  }

  private static void read(FileChannel channel, long at, ByteBuffer bytes) throws IOException {
    long place = at;
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, place);
      if (read < 0) {
        throw new EOFException();
      }
      place += read;
    }
    bytes.flip();
  }

  /// Writes what surrounds the elements, which are there already.
  static void finish(FileChannel channel, int count, ImageShape shape, int blank)
      throws IOException {
    put(channel, -HEADER, header(count, shape));
    long end = end(count, shape);
    put(channel, end - BLANK - HEADER, ByteBuffer.allocate(BLANK).putInt(blank).flip());
    put(channel, end - HEADER, digest(channel, end));
    channel.truncate(end + DIGEST);
  }

  /// The digits of all bytes before `end`.
  private static ByteBuffer digest(FileChannel channel, long end) throws IOException {
    var digest = new Sha256();
    ByteBuffer block = ByteBuffer.allocate(1 << 16);
    for (long at = 0; at < end; at += block.limit()) {
      block.clear().limit((int) Math.min(block.capacity(), end - at));
      read(channel, at, block);
      digest.update(block);
    }
    return ByteBuffer.wrap(digest.digits().getBytes(StandardCharsets.US_ASCII));
  }

  private static ByteBuffer header(int count, ImageShape shape) {
    return ByteBuffer.allocate(HEADER)
        .putInt(IdxParser.IMAGES_OF_CHANNELS)
        .putInt(count)
        .putInt(shape.height())
        .putInt(shape.width())
        .putInt(shape.channels())
        .flip();
  }

  /// Of all but the digest.
  private static long end(int count, ImageShape shape) {
    return HEADER + (long) count * shape.values() + BLANK;
  }

  /// Maps the images, after a check of the whole file.
  ///
  /// @param count how many there must be
  /// @return null where there is no such file, or a damaged one
  static @Nullable Images map(Path file, int count) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer header = ByteBuffer.allocate(HEADER);
      read(channel, 0, header);
      ImageShape shape = shape(header);
      if (shape == null
          || !header.equals(header(count, shape))
          || channel.size() != end(count, shape) + DIGEST) {
        return null;
      }
      long end = end(count, shape);
      ByteBuffer digits = ByteBuffer.allocate(DIGEST);
      read(channel, end, digits);
      if (!digits.equals(digest(channel, end))) {
        return null;
      }
      ByteBuffer blank = ByteBuffer.allocate(BLANK);
      read(channel, end - BLANK, blank);
      long elements = end - BLANK - HEADER;
      return new Images(
          shape, channel.map(MapMode.READ_ONLY, HEADER, elements, Arena.ofAuto()), blank.getInt());
    } catch (IOException _) {
      return null;
    }
  }

  private static @Nullable ImageShape shape(ByteBuffer header) {
    int height = header.getInt(2 * Integer.BYTES);
    int width = header.getInt(3 * Integer.BYTES);
    int channels = header.getInt(4 * Integer.BYTES);
    boolean possible = ImageShape.isPossible(height, width) && (channels == 1 || channels == 3);
    return possible ? Images.shape(height, width, channels) : null;
  }
}
