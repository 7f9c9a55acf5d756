package dev.hindsight.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// Reads a folder of IDX files as the MNIST authors distribute them: `train-images-idx3-ubyte`,
/// `t10k-images-idx3-ubyte` and their `labels-idx1` files, each plain or with `.gz`.
///
/// Only the files of the asked split are touched, and labels may be missing.
final class IdxFiles {
  private IdxFiles() {}

  /// @throws DataException when the folder or a file in it is not what it should be
  static Dataset read(String name, Path folder, Split split) {
    if (!Files.exists(folder)) {
      throw new DataException(
          "%s: no such folder; give --data a folder with %s[.gz] or pictures, or the name of a data set (%s)"
              .formatted(folder, split.imagesFile(), Datasets.NAMES));
    }
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          "%s: is a file; give --data a .npy or .npz file, or the folder that holds pictures or %s[.gz]"
              .formatted(folder, split.imagesFile()));
    }
    Path images = Gzip.find(folder, split.imagesFile());
    if (images == null) {
      throw new DataException(
          "%s: no images of this split; expected %s or %s.gz, images in IDX format"
              .formatted(folder, split.imagesFile(), split.imagesFile()));
    }
    Path labels = Gzip.find(folder, split.labelsFile());
    Images grey = read(images, IdxParser::images);
    if (labels == null) {
      return grey.named(name, null);
    }
    int[] digits = read(labels, IdxParser::labels);
    return grey.named(name, digits, labels.toString(), images.toString());
  }

  /// Whether the folder has the images or labels of any split.
  static boolean isIn(Path folder) {
    for (Split split : Split.values()) {
      if (has(folder, split) || Gzip.find(folder, split.labelsFile()) != null) {
        return true;
      }
    }
    return false;
  }

  /// Whether the folder has the images of a split.
  static boolean has(Path folder, Split split) {
    return Gzip.find(folder, split.imagesFile()) != null;
  }

  /// Reads a data set that is in the jar, gzipped, beside this class.
  static Dataset embedded(String name, Split split) {
    String images = name + "/" + split.imagesFile() + ".gz";
    String labels = name + "/" + split.labelsFile() + ".gz";
    Images grey = readEmbedded(images, IdxParser::images);
    int[] digits = readEmbedded(labels, IdxParser::labels);
    return grey.named(name, digits, labels, images);
  }

  @FunctionalInterface
  private interface Parse<T> {
    T apply(IdxParser parser) throws IOException;
  }

  private static <T> T read(Path file, Parse<T> parse) {
    String where = file.toString();
    try (FileBytes in = FileBytes.open(file)) {
      return parse.apply(new IdxParser(where, in));
    } catch (IOException e) {
      throw DataException.unreadable(where, e);
    }
  }

  private static <T> T readEmbedded(String resource, Parse<T> parse) {
    try (InputStream in = IdxFiles.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new DataException(
            resource + ": missing from the program's jar; build it again with its resources");
      }
      return parse.apply(new IdxParser(resource, FileBytes.unpacked(Gzip.open(resource, in))));
    } catch (IOException e) {
      throw DataException.unreadable(resource, e);
    }
  }
}
