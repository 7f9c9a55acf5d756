package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.Printable;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/// Reads what NumPy saved: an array of images in a `.npy` file, or arrays of images and labels in a
/// `.npz` file, which is a zip of such files.
///
/// In a `.npz` file, arrays are known by the names that Keras or MedMNIST give them, or `images`
/// and `labels`; else the only array of three or four axes is that of the images.
final class NpyFiles {
  private static final String ARRAY = ".npy";
  private static final String ARRAYS = ".npz";

  private static final List<Names> KNOWN =
      List.of(
          new Names("x_train", "y_train", "x_test", "y_test"),
          new Names("train_images", "train_labels", "test_images", "test_labels"),
          new Names("images", "labels", null, null));

  /// What arrays are called; without those of tests, a tenth is for tests.
  private record Names(
      String images, String labels, @Nullable String testImages, @Nullable String testLabels) {}

  private NpyFiles() {}

  /// Whether it is a file of NumPy, by its name.
  static boolean isOne(String place) {
    String name = place.toLowerCase(Locale.ROOT);
    return name.endsWith(ARRAY) || name.endsWith(ARRAYS);
  }

  /// @throws DataException when the file is not what it should be
  static Dataset read(String name, Path file, Split split) {
    try {
      IoErrors.requireRegular(file);
      return file.toString().toLowerCase(Locale.ROOT).endsWith(ARRAY)
          ? ofArray(name, file, split)
          : ofArrays(name, file, split);
    } catch (ZipException e) {
      throw new DataException(
          "%s: damaged zip (%s); get the file again"
              .formatted(file, Printable.line(String.valueOf(e.getMessage()))));
    } catch (IOException e) {
      throw DataException.unreadable(file, e);
    }
  }

  private static Dataset ofArray(String name, Path file, Split split) throws IOException {
    try (FileBytes in = FileBytes.mapped(file)) {
      Dataset all = NpyArrays.images(file.toString(), in).named(name, null);
      return TestTenth.of(file.toString(), all, split);
    }
  }

  private static Dataset ofArrays(String name, Path file, Split split) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (Names names : KNOWN) {
        if (zip.getEntry(names.images + ARRAY) == null) {
          continue;
        }
        boolean hasTests =
            names.testImages != null && zip.getEntry(names.testImages + ARRAY) != null;
        if (hasTests && split == Split.TEST) {
          return read(name, zip, String.valueOf(names.testImages), names.testLabels);
        }
        Dataset all = read(name, zip, names.images, names.labels);
        return hasTests ? all : TestTenth.of(file.toString(), all, split);
      }
      return TestTenth.of(file.toString(), read(name, zip, only(zip), null), split);
    } catch (IllegalArgumentException e) { // names in no encoding
      throw new ZipException(e.getMessage());
    }
  }

  /// The only array that may be images.
  private static String only(ZipFile zip) throws IOException {
    List<String> found = new ArrayList<>();
    for (ZipEntry entry : zip.stream().toList()) {
      String name = entry.getName();
      if (name.endsWith(ARRAY)) {
        try (FileBytes in = FileBytes.unpacked(zip.getInputStream(entry))) {
          int rank = NpyHeader.of(where(zip, name), in).rank();
          if (rank == 3 || rank == 4) {
            found.add(name.substring(0, name.length() - ARRAY.length()));
          }
        }
      }
    }
    if (found.size() != 1) {
      throw new DataException(
          "%s: %s; name them x_train, y_train, x_test, y_test, or images, labels"
              .formatted(
                  zip.getName(),
                  found.isEmpty()
                      ? "no array of three or four axes"
                      : "several arrays of three or four axes: "
                          + Printable.brief(String.join(", ", found))));
    }
    return found.getFirst();
  }

  private static Dataset read(String name, ZipFile zip, String images, @Nullable String labels)
      throws IOException {
    Images read = array(zip, images, NpyArrays::images);
    if (labels == null || zip.getEntry(labels + ARRAY) == null) {
      return read.named(name, null);
    }
    int[] digits = array(zip, labels, NpyArrays::labels);
    return read.named(name, digits, where(zip, labels), images);
  }

  @FunctionalInterface
  private interface Reading<T> {
    /// Reads all of an array.
    T read(String where, FileBytes in) throws IOException;
  }

  private static <T> T array(ZipFile zip, String name, Reading<T> reading) throws IOException {
    ZipEntry entry = Objects.requireNonNull(zip.getEntry(name + ARRAY));
    var summed = new CheckedInputStream(zip.getInputStream(entry), new CRC32());
    try (FileBytes in = FileBytes.unpacked(new BufferedInputStream(summed, 1 << 16))) {
      T read = reading.read(where(zip, name), in);
      if (summed.getChecksum().getValue() != entry.getCrc()) {
        throw new ZipException("the CRC of %s is wrong".formatted(name));
      }
      return read;
    }
  }

  private static String where(ZipFile zip, String name) {
    return zip.getName() + ": " + Printable.brief(name);
  }
}
