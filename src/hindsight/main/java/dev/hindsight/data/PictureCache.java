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
import java.util.List;
import java.util.Objects;

/// Decodes pictures once into a file, which is found again by the names, sizes and times of theirs
/// and by how they were read, and mapped. A file that cannot be used is written again, and where
/// none can be written, a temporary one serves.
record PictureCache(Path folder, Opening opening) {
  private static final String VERSION = "pictures 2"; // of what is made of the same files

  /// The images that pictures become.
  Images images(List<Found> pictures, PictureOptions options) {
    Path file = folder.resolve(key(pictures, options) + ".images");
    Images cached = CachedImages.map(file, pictures.size());
    if (cached != null) {
      return cached;
    }
    var decoder = new PictureDecoder(pictures, options, opening);
    try {
      Files.createDirectories(folder);
      return throughFile(file, decoder, pictures.size());
    } catch (IOException e) {
      opening.notice(
          "%s: cannot be written (%s), so pictures are decoded each time"
              .formatted(folder, IoErrors.reason(e)));
    }
    try {
      return throughTemporary(decoder, pictures.size());
    } catch (IOException e) {
      throw new DataException(
          "%s: cannot be written either (%s); set XDG_CACHE_HOME to a folder with room"
              .formatted(System.getProperty("java.io.tmpdir"), IoErrors.reason(e)));
    }
  }

  private static Images throughFile(Path file, PictureDecoder decoder, int count)
      throws IOException {
    try {
      AtomicFile.write(file, channel -> write(channel, decoder, count));
    } catch (UncheckedIOException e) {
      throw Objects.requireNonNull(e.getCause());
    }
    Images written = CachedImages.map(file, count);
    if (written == null) {
      throw new IOException("what was written is not what is read");
    }
    return written;
  }

  private static Images throughTemporary(PictureDecoder decoder, int count) throws IOException {
    Path folder = Files.createTempDirectory("hindsight-pictures-");
    Path file = folder.resolve("images");
    try {
      return throughFile(file, decoder, count);
    } finally { // what is mapped stays
      Files.deleteIfExists(file);
      Files.delete(folder);
    }
  }

  private static void write(FileChannel channel, PictureDecoder decoder, int count)
      throws IOException {
    ImageShape shape = decoder.shape();
    int each = shape.values();
    PictureDecoder.Result found =
        decoder.run(
            (picture, image) ->
                CachedImages.put(channel, picture * (long) each, ByteBuffer.wrap(image)));
    if (decoder.turnsGrey(found.coloured())) {
      ImageShape grey = grey(shape);
      byte[] image = new byte[each];
      for (int k = 0; k < count; k++) {
        CachedImages.get(channel, k * (long) each, ByteBuffer.wrap(image));
        for (int value = 0; value < grey.values(); value++) {
          image[value] = image[3 * value]; // of three equal ones
        }
        ByteBuffer narrow = ByteBuffer.wrap(image, 0, grey.values());
        CachedImages.put(channel, k * (long) grey.values(), narrow);
      }
      CachedImages.finish(channel, count, grey, found.blank());
    } else {
      CachedImages.finish(channel, count, shape, found.blank());
    }
  }

  private static ImageShape grey(ImageShape shape) {
    return Images.shape(shape.height(), shape.width(), 1);
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
