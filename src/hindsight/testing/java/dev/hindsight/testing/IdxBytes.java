package dev.hindsight.testing;

import dev.hindsight.image.ImageShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/// Makes IDX files for tests.
public final class IdxBytes {
  private IdxBytes() {}

  /// An image file whose pixel p of image i is `(i + p) % 256`.
  public static byte[] images(int count) {
    return images(count, ImageShape.MNIST);
  }

  /// The same of images of another size.
  public static byte[] images(int count, ImageShape shape) {
    int pixels = shape.pixels();
    ByteBuffer bytes = ByteBuffer.allocate(16 + count * pixels);
    bytes.putInt(0x803).putInt(count).putInt(shape.height()).putInt(shape.width());
    for (int i = 0; i < count * pixels; i++) {
      bytes.put((byte) (i / pixels + i % pixels));
    }
    return bytes.array();
  }

  /// A label file whose label i is `i % 10`.
  public static byte[] labels(int count) {
    ByteBuffer bytes = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
    for (int i = 0; i < count; i++) {
      bytes.put((byte) (i % 10));
    }
    return bytes.array();
  }

  public static byte[] gzip(byte[] bytes) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    }
    return out.toByteArray();
  }

  /// A folder with both splits, plain.
  public static Path folder(Path folder, int train, int test) throws IOException {
    return folder(folder, ImageShape.MNIST, train, test);
  }

  /// The same of images of another size.
  public static Path folder(Path folder, ImageShape shape, int train, int test) throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("train-images-idx3-ubyte"), images(train, shape));
    Files.write(folder.resolve("train-labels-idx1-ubyte"), labels(train));
    Files.write(folder.resolve("t10k-images-idx3-ubyte"), images(test, shape));
    Files.write(folder.resolve("t10k-labels-idx1-ubyte"), labels(test));
    return folder;
  }
}
