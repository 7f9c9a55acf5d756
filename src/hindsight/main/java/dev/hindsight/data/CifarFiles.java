package dev.hindsight.data;

import dev.hindsight.image.ImageShape;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.ZipException;

/// Reads a folder of CIFAR-10 or CIFAR-100 in their binary version, each file plain or with `.gz`:
/// records of one or two labels, the last of which counts, and the planes of red, green and blue.
///
/// Some batches may be missing. Where that of the tests is, a tenth of the others is for tests.
final class CifarFiles {
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;
  private static final int COLOURS = 3;
  private static final ImageShape SHAPE = Images.shape(SIDE, SIDE, COLOURS);
  private static final int MOST_IMAGES = 100_000; // of a file; the longest has 50,000

  private static final Kind TEN =
      new Kind(
          1,
          List.of(
              "airplane",
              "automobile",
              "bird",
              "cat",
              "deer",
              "dog",
              "frog",
              "horse",
              "ship",
              "truck"),
          IntStream.rangeClosed(1, 5).mapToObj("data_batch_%d.bin"::formatted).toList(),
          "test_batch.bin");
  private static final Kind HUNDRED = new Kind(2, List.of(), List.of("train.bin"), "test.bin");

  /// What its files are called.
  ///
  /// @param labels of an image
  /// @param classes what its authors call them; none where its files say so and nobody here
  private record Kind(int labels, List<String> classes, List<String> training, String test) {
    boolean isIn(Path folder) {
      return Gzip.find(folder, test) != null
          || training.stream().anyMatch(f -> Gzip.find(folder, f) != null);
    }

    int record() {
      return labels + SHAPE.values();
    }
  }

  private CifarFiles() {}

  /// All files of CIFAR-10.
  static List<String> names() {
    List<String> names = new ArrayList<>(TEN.training);
    names.add(TEN.test);
    return names;
  }

  /// Whether the folder has any of the files.
  static boolean isIn(Path folder) {
    return TEN.isIn(folder) || HUNDRED.isIn(folder);
  }

  /// @throws DataException when a file is not what it should be
  static Dataset read(String name, Path folder, Split split) {
    Kind kind = TEN.isIn(folder) ? TEN : HUNDRED;
    Path test = Gzip.find(folder, kind.test);
    if (split == Split.TEST && test != null) {
      return read(name, kind, List.of(test));
    }
    List<Path> files = new ArrayList<>();
    for (String file : kind.training) {
      Path found = Gzip.find(folder, file);
      if (found != null) {
        files.add(found);
      }
    }
    if (files.isEmpty()) {
      throw new DataException(
          "%s: no training images; expected %s".formatted(folder, kind.training.getFirst()));
    }
    Dataset all = read(name, kind, files);
    return test == null ? TestTenth.of(folder.toString(), all, split) : all;
  }

  private static Dataset read(String name, Kind kind, List<Path> files) {
    List<byte[]> batches = files.stream().map(file -> bytes(file, kind)).toList();
    int count = batches.stream().mapToInt(batch -> batch.length / kind.record()).sum();
    int[] labels = new int[count];
    byte[] pixels = new byte[Math.multiplyExact(count, SHAPE.values())];
    int image = 0;
    for (byte[] batch : batches) {
      for (int at = 0; at < batch.length; at += kind.record()) {
        labels[image] = batch[at + kind.labels - 1] & 0xff;
        channelsLast(batch, at + kind.labels, pixels, image * SHAPE.values());
        image++;
      }
    }
    return new Dataset(name, SHAPE, pixels, Labels.of(labels, kind.classes));
  }

  private static void channelsLast(byte[] planes, int from, byte[] pixels, int to) {
    for (int p = 0; p < PLANE; p++) {
      for (int c = 0; c < COLOURS; c++) {
        pixels[to + p * COLOURS + c] = planes[from + c * PLANE + p];
      }
    }
  }

  private static byte[] bytes(Path file, Kind kind) {
    String where = file.toString();
    int most = MOST_IMAGES * kind.record();
    try (InputStream in = Gzip.open(file)) {
      byte[] bytes = in.readNBytes(most + 1);
      if (bytes.length == 0 || bytes.length % kind.record() != 0) {
        throw new DataException(
            "%s: has %d bytes, not whole images of %d each; get the file again"
                .formatted(where, bytes.length, kind.record()));
      }
      return bytes;
    } catch (EOFException | ZipException e) {
      throw Gzip.damaged(where, e);
    } catch (IOException e) {
      throw DataException.unreadable(file, e);
    }
  }
}
