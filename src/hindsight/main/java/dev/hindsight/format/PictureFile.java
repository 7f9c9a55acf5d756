package dev.hindsight.format;

import dev.hindsight.error.IoErrors;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// Reads pictures that anybody may have made: PNG, JPEG, GIF and BMP. Of an animation it reads the
/// first image.
public final class PictureFile {
  private static final int MOST_SIDE = 8192;

  /// What can be read, to be said where a file cannot.
  public static final String WANTED =
      "give a PNG, JPEG, GIF or BMP of at most %1$d x %1$d pixels".formatted(MOST_SIDE);

  private static final int MOST_MIB = 32; // of a file, for pixels that need a kilobyte

  private static final int INKS = 4;

  /// Pixels that are decoded at a time, however many threads do it.
  private static final Semaphore PIXELS = new Semaphore(MOST_SIDE * MOST_SIDE);

  private PictureFile() {}

  /// Reads a picture and gives it to `use`, before the memory that it takes is given to another.
  ///
  /// Goes by the first bytes alone: the name says nothing, and Java has decoders of more formats,
  /// whose failures nobody knows.
  ///
  /// @throws FormatException when there is none, or `use` throws it
  public static <T> T read(Path file, Function<Picture, T> use) {
    requireFewBytes(file);
    try (InputStream from = IoErrors.open(file)) {
      byte[] bytes = from.readNBytes(MOST_MIB << 20);
      ImageFormat format =
          ImageFormat.of(bytes)
              .orElseThrow(
                  () ->
                      new FormatException(
                          "%s: is %s; %s"
                              .formatted(
                                  file, bytes.length == 0 ? "empty" : "no picture", WANTED)));
      format.check(bytes);
      return decode(file, format, bytes, use);
    } catch (IOException e) {
      throw new FormatException(
          "%s: cannot be read (%s); %s".formatted(file, IoErrors.reason(e), WANTED));
    }
  }

  /// Asks for the size before it reads a pixel: a header may claim any. What else stands in the
  /// file is passed over: three hundred bytes of packed words would be unpacked to as many
  /// kilobytes.
  private static <T> T decode(Path file, ImageFormat format, byte[] bytes, Function<Picture, T> use)
      throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName(format.name()).next();
    int pixels = 0;
    try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(in, true, true); // forward only, without metadata
      requireSize(file, reader);
      pixels = reader.getWidth(0) * reader.getHeight(0);
      PIXELS.acquireUninterruptibly(pixels);
      return use.apply(picture(reader, format, bytes));
    } finally {
      PIXELS.release(pixels);
      reader.dispose();
    }
  }

  private static Picture picture(ImageReader reader, ImageFormat format, byte[] bytes)
      throws IOException {
    List<String> damages = new ArrayList<>();
    reader.addIIOReadWarningListener(
        (_, warning) -> {
          if (saysDamage(warning)) {
            damages.add(warning);
          }
        });
    try {
      Picture picture = decoded(reader, format, bytes);
      if (!damages.isEmpty()) {
        throw new IIOException(damages.getFirst());
      }
      return picture;
    } catch (RuntimeException e) { // what decoders throw in the middle of a broken image
      throw new IOException("broken image", e);
    }
  }

  private static Picture decoded(ImageReader reader, ImageFormat format, byte[] bytes)
      throws IOException {
    if (format == ImageFormat.JPEG) {
      Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0); // may have none of inks
      if (!types.hasNext() || types.next().getNumBands() == INKS) {
        // read() would take them for what Adobe's programs store, whoever stored them.
        Raster raster = reader.readRaster(0, null);
        if (raster.getNumBands() != INKS) {
          throw new IOException("colours of a kind that is not read");
        }
        return Picture.ofInks(raster, bytes);
      }
    }
    return Picture.of(reader.read(0));
  }

  /// Java's decoder of JPEG fills what is missing with grey and says so in passing, as it does of
  /// bytes that do no harm.
  private static boolean saysDamage(String warning) {
    String words = warning.toLowerCase(Locale.ROOT);
    return words.contains("premature end") || words.contains("bad huffman");
  }

  private static void requireFewBytes(Path file) {
    long bytes = file.toFile().length(); // 0 where there is none; opening it fails
    if (bytes > (long) MOST_MIB << 20) {
      throw new FormatException(
          "%s: has %d bytes; expected a picture of at most %d MiB"
              .formatted(file, bytes, MOST_MIB));
    }
  }

  private static void requireSize(Path file, ImageReader reader) throws IOException {
    int width;
    int height;
    try {
      width = reader.getWidth(0);
      height = reader.getHeight(0);
    } catch (RuntimeException e) {
      throw new IOException("broken header", e);
    }
    if (Math.min(width, height) < 1 || Math.max(width, height) > MOST_SIDE) {
      throw new FormatException(
          "%s: has %d x %d pixels; %s".formatted(file, width, height, WANTED));
    }
  }
}
