package dev.hindsight.cli;

import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.image.AreaMean;
import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.StoredRun;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/// Images whose beginnings are to be completed, (N·D) of 0 and 1.
final class GivenImages {
  private static final int MOST_SIDE = 4096;
  private static final String WANTED =
      "give a PNG or JPEG of at most %1$d x %1$d opaque grey pixels, strokes white on black"
          .formatted(MOST_SIDE);
  private static final int MOST_MIB = 16; // of a file, for pixels that need a kilobyte

  /// An honest file has some ten; decoders may take longer for each than for the one before.
  private static final int MOST_PARTS = 1000;

  private GivenImages() {}

  /// From files, each a grey image, which is fitted to this shape.
  static float[] read(List<Path> files, ImageShape shape) {
    int pixels = shape.pixels();
    float[] images = new float[Math.multiplyExact(files.size(), pixels)];
    for (int k = 0; k < files.size(); k++) {
      float[] levels = fitted(files.get(k), decode(files.get(k)), shape);
      for (int p = 0; p < pixels; p++) {
        images[k * pixels + p] = levels[p] > 0.5f ? 1 : 0;
      }
    }
    return images;
  }

  /// By the first bytes alone: the name says nothing, and Java has decoders of more formats, whose
  /// failures nobody knows.
  private static BufferedImage decode(Path file) {
    requireFewBytes(file);
    try (InputStream from = IoErrors.open(file)) {
      byte[] bytes = from.readNBytes(MOST_MIB << 20);
      ImageFormat format =
          ImageFormat.of(bytes)
              .orElseThrow(() -> new UserException(file + ": is neither PNG nor JPEG; " + WANTED));
      requireFewParts(file, format.parts(bytes));
      return decode(file, format, bytes);
    } catch (IOException e) {
      throw new UserException(
          "%s: cannot be read (%s); %s".formatted(file, IoErrors.reason(e), WANTED));
    }
  }

  /// Asks for the size before it reads a pixel: a header may claim any. What else stands in the
  /// file is passed over: three hundred bytes of packed words would be unpacked to as many
  /// kilobytes.
  private static BufferedImage decode(Path file, ImageFormat format, byte[] bytes)
      throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName(format.name()).next();
    try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(in, true, true); // forward only, without metadata
      requireSize(file, reader.getWidth(0), reader.getHeight(0));
      return reader.read(0);
    } catch (IllegalArgumentException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      throw new IOException("broken image", e); // what decoders throw in the middle of one
    } finally {
      reader.dispose();
    }
  }

  private static void requireFewBytes(Path file) {
    long bytes = file.toFile().length(); // 0 where there is none; opening it fails
    if (bytes > (long) MOST_MIB << 20) {
      throw new UserException(
          "%s: has %d bytes; expected an image of at most %d MiB".formatted(file, bytes, MOST_MIB));
    }
  }

  private static void requireFewParts(Path file, int parts) {
    if (parts > MOST_PARTS) {
      throw new UserException(
          "%s: has %d chunks or segments; expected at most %d".formatted(file, parts, MOST_PARTS));
    }
  }

  private static void requireSize(Path file, int width, int height) {
    if (width > MOST_SIDE || height > MOST_SIDE) {
      throw new UserException("%s: has %d x %d pixels; %s".formatted(file, width, height, WANTED));
    }
  }

  /// Levels from 0 to 1 by the scale that the file itself has: a colour would have been converted
  /// by the curve of a screen, by which half of the scale is far from half as bright.
  private static float[] fitted(Path file, BufferedImage image, ImageShape shape) {
    if (image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_CMYK) {
      throw new UserException(file + ": is CMYK; " + WANTED);
    }
    int width = image.getWidth();
    float[] levels = new float[image.getHeight() * width];
    boolean grey = isGrey(image);
    for (int k = 0; k < levels.length; k++) {
      int x = k % width;
      int y = k / width;
      levels[k] = grey ? grey(file, image, x, y) : sameColours(file, image, x, y);
    }
    return AreaMean.of(levels, image.getHeight(), width, shape);
  }

  /// Whether samples are grey values themselves and no numbers of colours.
  private static boolean isGrey(BufferedImage image) {
    ColorModel model = image.getColorModel();
    return !(model instanceof IndexColorModel)
        && model.getColorSpace().getType() == ColorSpace.TYPE_GRAY
        && (model.getTransferType() == DataBuffer.TYPE_BYTE
            || model.getTransferType() == DataBuffer.TYPE_USHORT);
  }

  private static float grey(Path file, BufferedImage image, int x, int y) {
    ColorModel model = image.getColorModel();
    Raster raster = image.getRaster();
    if (model.hasAlpha()) {
      int band = raster.getNumBands() - 1;
      requireOpaque(file, raster.getSample(x, y, band) == largest(model, band), x, y);
    }
    return (float) raster.getSample(x, y, 0) / largest(model, 0);
  }

  private static int largest(ColorModel model, int band) {
    return (1 << model.getComponentSize(band)) - 1;
  }

  private static float sameColours(Path file, BufferedImage image, int x, int y) {
    int argb = image.getRGB(x, y);
    int grey = argb & 0xff;
    requireOpaque(file, argb >>> 24 == 0xff, x, y);
    if ((argb >> 8 & 0xff) != grey || (argb >> 16 & 0xff) != grey) {
      throw new UserException(
          "%s: is coloured at row %d, column %d; %s".formatted(file, y, x, WANTED));
    }
    return grey / 255f;
  }

  private static void requireOpaque(Path file, boolean opaque, int x, int y) {
    if (!opaque) {
      throw new UserException(
          "%s: is transparent at row %d, column %d; %s".formatted(file, y, x, WANTED));
    }
  }

  /// From a set's test images.
  ///
  /// @param set null for that of the run
  static float[] test(StoredRun run, @Nullable String set, List<Integer> numbers) {
    Dataset data = Datasets.open(set == null ? run.config().data().name() : set, Split.TEST);
    ImageFit.require(run, set, data);
    int pixels = data.shape().pixels();
    float[] images = new float[Math.multiplyExact(numbers.size(), pixels)];
    for (int k = 0; k < numbers.size(); k++) {
      int number = numbers.get(k);
      if (number < 0 || number >= data.count()) {
        throw new UserException(
            "--test must be from 0 to %d but has %d".formatted(data.count() - 1, number));
      }
      Batch one =
          Batches.evaluation(data, 1, Binarize.THRESHOLD, RandomKey.of(0))
              .epoch(0, number)
              .iterator()
              .next();
      System.arraycopy(one.pixels(), 0, images, k * pixels, pixels);
    }
    return images;
  }
}
