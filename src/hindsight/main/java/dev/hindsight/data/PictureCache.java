package dev.hindsight.data;

import dev.hindsight.data.PictureListing.Found;
import dev.hindsight.error.IoErrors;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Sha256;
import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Decodes pictures once into a file, which is found again by the names, sizes and times of theirs
/// and by how they were read. A file that cannot be used is written again, and one that cannot be
/// written is done without.
final class PictureCache {
  private static final String VERSION = "pictures 1"; // of what is made of the same files

  private final Path folder;
  private final Opening opening;

  PictureCache(Path folder, Opening opening) {
    this.folder = folder;
    this.opening = opening;
  }

  /// Some of the images that pictures become.
  ///
  /// @param wanted which of them, ascending
  Images images(List<Found> pictures, PictureOptions options, int[] wanted) {
    Path file = folder.resolve(key(pictures, options) + ".images");
    Images cached = CachedImages.read(file, pictures.size(), wanted);
    if (cached != null) {
      return cached;
    }
    var decoder = new PictureDecoder(pictures, options, opening);
    ImageShape least = decoder.shape();
    Images.requireRoom(
        wanted.length, decoder.turnsGrey(false) ? grey(least) : least); // hours before it is late
    cached = throughFile(file, decoder, pictures.size(), wanted);
    return cached == null ? inMemory(decoder, pictures.size(), wanted) : cached;
  }

  private @Nullable Images throughFile(Path file, PictureDecoder decoder, int count, int[] wanted) {
    try {
      Files.createDirectories(folder);
      AtomicFile.write(file, channel -> write(channel, decoder, count));
    } catch (IOException e) {
      return without(e);
    } catch (UncheckedIOException e) {
      return without(Objects.requireNonNull(e.getCause()));
    }
    return CachedImages.read(file, count, wanted);
  }

  private @Nullable Images without(IOException e) {
    opening.notice(
        "%s: cannot be written (%s), so pictures are decoded each time"
            .formatted(folder, IoErrors.reason(e)));
    return null;
  }

  private static void write(FileChannel channel, PictureDecoder decoder, int count)
      throws IOException {
    ImageShape shape = decoder.shape();
    int each = shape.values();
    boolean coloured =
        decoder.run(
            (picture, image) ->
                CachedImages.put(channel, picture * (long) each, ByteBuffer.wrap(image)));
    if (decoder.turnsGrey(coloured)) {
      ImageShape grey = grey(shape);
      byte[] image = new byte[each];
      for (int k = 0; k < count; k++) {
        CachedImages.get(channel, k * (long) each, ByteBuffer.wrap(image));
        toGrey(image, 0, each);
        ByteBuffer narrow = ByteBuffer.wrap(image, 0, grey.values());
        CachedImages.put(channel, k * (long) grey.values(), narrow);
      }
      CachedImages.finish(channel, count, grey);
    } else {
      CachedImages.finish(channel, count, shape);
    }
  }

  /// Needs some memory more than the file would, where nobody knows yet that all is grey.
  private static Images inMemory(PictureDecoder decoder, int count, int[] wanted) {
    ImageShape shape = decoder.shape();
    int each = shape.values();
    byte[] bytes = Images.room(wanted.length, shape);
    int[] places = new int[count];
    Arrays.fill(places, -1);
    for (int k = 0; k < wanted.length; k++) {
      places[wanted[k]] = k;
    }
    try {
      boolean coloured =
          decoder.run(
              (picture, image) -> {
                if (places[picture] >= 0) {
                  System.arraycopy(image, 0, bytes, places[picture] * each, each);
                }
              });
      if (decoder.turnsGrey(coloured)) {
        toGrey(bytes, 0, bytes.length);
        return new Images(grey(shape), Arrays.copyOf(bytes, bytes.length / 3));
      }
      return new Images(shape, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nobody writes
    }
  }

  private static ImageShape grey(ImageShape shape) {
    return Images.shape(shape.height(), shape.width(), 1);
  }

  /// Moves one of each three equal bytes to the front.
  private static void toGrey(byte[] bytes, int from, int to) {
    for (int k = from; k < to; k += 3) {
      bytes[k / 3] = bytes[k];
    }
  }

  private static String key(List<Found> pictures, PictureOptions options) {
    var digest = new Sha256();
    digest.update(
        "%s, %s\n%d\n"
            .formatted(VERSION, options, pictures.size())
            .getBytes(StandardCharsets.UTF_8));
    for (Found picture : pictures) {
      digest.update(
          "%s\0%d\0%d\n"
              .formatted(picture.name(), picture.bytes(), picture.modified())
              .getBytes(StandardCharsets.UTF_8));
    }
    return digest.digits();
  }
}
