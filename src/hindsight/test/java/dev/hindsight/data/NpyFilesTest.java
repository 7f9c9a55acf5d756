package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.image.ImageShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyFilesTest {
  @TempDir Path folder;

  private static Dataset read(Path file, Split split) {
    return Datasets.open(file.toString(), split);
  }

  private static void refuses(Path file, String... parts) {
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> read(file, Split.TRAIN))
        .satisfies(
            e -> {
              assertThat(e.getMessage()).startsWith(file.toString()).contains(parts);
              assertThat(e.getMessage().lines()).hasSize(1);
            });
  }

  /// As NumPy writes it: the header is filled up with spaces.
  private static byte[] npy(int version, String type, String order, String shape, byte[] elements) {
    String text =
        "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }".formatted(type, order, shape);
    int before = version == 1 ? 10 : 12;
    int length = (before + text.length() + 1 + 63) / 64 * 64 - before;
    ByteBuffer bytes =
        ByteBuffer.allocate(before + length + elements.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    bytes.put((byte) version).put((byte) 0);
    if (version == 1) {
      bytes.putShort((short) length);
    } else {
      bytes.putInt(length);
    }
    bytes.put(
        (text + " ".repeat(length - text.length() - 1) + "\n").getBytes(StandardCharsets.UTF_8));
    return bytes.put(elements).array();
  }

  static byte[] npy(String shape, byte[] elements) {
    return npy(1, "|u1", "False", shape, elements);
  }

  private static byte[] counted(int length) {
    byte[] bytes = new byte[length];
    for (int k = 0; k < length; k++) {
      bytes[k] = (byte) k;
    }
    return bytes;
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static byte[] zip(Map<String, byte[]> arrays) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      for (var array : new TreeMap<>(arrays).entrySet()) {
        zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
        zip.write(array.getValue());
      }
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({"1, |u1", "2, |u1", "3, <u1", "1, >u1"})
  void readsBytesOfAnyVersion(int version, String type) throws IOException {
    Path file = write("a.npy", npy(version, type, "False", "(20, 2, 3)", counted(120)));
    Dataset train = read(file, Split.TRAIN);
    Dataset test = read(file, Split.TEST);
    assertThat(train.shape()).isEqualTo(new ImageShape(2, 3, 1, 256));
    assertThat(train.hasLabels()).isFalse();
    assertThat(train.count()).isEqualTo(18);
    assertThat(test.count()).isEqualTo(2);
    assertThat(test.split()).contains("1 in 10");
    for (Dataset part : new Dataset[] {train, test}) {
      for (int k = 0; k < part.count(); k++) {
        assertThat(part.intensity(k, 0) % 6).isZero();
        assertThat(part.intensity(k, 5)).isEqualTo(part.intensity(k, 0) + 5);
      }
    }
  }

  @Test
  void readsChannels() throws IOException {
    Path file = write("a.NPY", npy("(2, 1, 2, 3)", counted(12)));
    Dataset data = read(file, Split.TRAIN);
    assertThat(data.shape()).isEqualTo(new ImageShape(1, 2, 3, 256));
    int first = data.intensity(0, 0);
    for (int v = 0; v < 6; v++) {
      assertThat(data.intensity(0, v)).isEqualTo(first + v);
    }
    write("a.NPY", npy("(2, 1, 2, 1)", counted(4)));
    assertThat(read(file, Split.TRAIN).shape()).isEqualTo(new ImageShape(1, 2, 1, 256));
  }

  @ParameterizedTest
  @CsvSource({
    "|u1, 01ff", "|i1, 017f", "<i8, 0100000000000000e703000000000000",
    ">i8, 000000000000000100000000000003e7", "<u2, 0100e703", ">i4, 00000001000003e7"
  })
  void readsLabelsOfAnyWidth(String type, String hex) throws IOException {
    byte[] labels = npy(1, type, "False", "(2, 1)", HexFormat.of().parseHex(hex));
    Path file =
        write(
            "a.npz",
            zip(
                Map.of(
                    "x_train", npy("(2, 2, 2)", counted(8)),
                    "y_train", labels,
                    "x_test", npy("(1, 2, 2)", counted(4)))));
    Dataset train = read(file, Split.TRAIN);
    assertThat(train.label(0)).isEqualTo(1);
    assertThat(train.label(1)).isEqualTo(type.equals("|i1") ? 127 : type.equals("|u1") ? 255 : 999);
    assertThat(train.split()).isEmpty();
    assertThat(read(file, Split.TEST).count()).isOne();
    assertThat(read(file, Split.TEST).hasLabels()).isFalse();
  }

  @Test
  void refusesLabelsThatAreNone() throws IOException {
    for (String label : new String[] {"0000010000000000", "0000000000000080", "ffffffffffffffff"}) {
      byte[] labels =
          npy(1, "<i8", "False", "(2,)", HexFormat.of().parseHex("0".repeat(16) + label));
      Path file =
          write("a.npz", zip(Map.of("images", npy("(2, 2, 2)", counted(8)), "labels", labels)));
      refuses(file, "labels: the label of image 1 is not from 0 to 65535");
    }
    byte[] few = npy("(1,)", new byte[1]);
    Path file = write("a.npz", zip(Map.of("images", npy("(2, 2, 2)", counted(8)), "labels", few)));
    refuses(file, "labels: 1 labels but images has 2 images");
    byte[] floats = npy(1, "<f4", "False", "(2,)", new byte[8]);
    write("a.npz", zip(Map.of("images", npy("(2, 2, 2)", counted(8)), "labels", floats)));
    refuses(file, "labels: has dtype '<f4'; expected whole numbers");
  }

  @Test
  void findsTheOnlyArrayOfImages() throws IOException {
    byte[] images = npy("(3, 2, 2)", counted(12));
    Path file = write("a.npz", zip(Map.of("anything", images, "other", npy("(3,)", counted(3)))));
    assertThat(read(file, Split.TRAIN).count()).isEqualTo(2);
    write("a.npz", zip(Map.of("a", images, "b", images)));
    refuses(file, "several arrays of three or four axes: a, b; name them x_train");
    write("a.npz", zip(Map.of("b", npy("(3,)", counted(3)))));
    refuses(file, "no array of three or four axes; name them x_train");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "<f4 ! False ! (2, 2, 2) ! has dtype '<f4'; expected bytes",
        "|O ! False ! (2, 2, 2) ! has dtype '|O'; expected bytes",
        "|u1 ! True ! (2, 2, 2) ! is in Fortran order; save it in C order",
        "|u1 ! False ! (2, 4) ! has shape (2, 4); expected (images, height, width)",
        "|u1 ! False ! (2, 3, 1, 2) ! has shape (2, 3, 1, 2); expected (images, height, width)",
        "|u1 ! False ! () ! has shape (); expected (images, height, width)",
        "|u1 ! False ! (0, 2, 2) ! has shape (0, 2, 2); at least 1 image",
        "|u1 ! False ! (2, 5000, 2) ! has shape (2, 5000, 2); at least 1 image",
        "|u1 ! False ! (2, 99999999999999, 2) ! has shape (2, 99999999999999, 2); at least 1",
        "|u1 ! False ! (99999999999999, 2, 2) ! has shape (99999999999999, 2, 2); at most",
        "|u1 ! False ! (500000000, 2, 2) ! truncated: 8 of the 2000000000 bytes of its shape",
        "|u1 ! False ! (1, 2, 2) ! more bytes follow the 4 of its shape (1, 2, 2)",
        "|u1 ! Maybe ! (2, 2, 2) ! its header names no single dtype",
        "|u1 ! False ! (2, -2, 2) ! its header names no single dtype"
      })
  void refusesOtherArrays(String type, String order, String shape, String what) throws IOException {
    byte[] array = npy(1, type, order, shape, counted(8));
    refuses(write("a.npy", array), what);
    refuses(write("a.npz", zip(Map.of("images", array))), "a.npz: images", what);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 8, 9, 10, 50, 127})
  void refusesAHeaderThatEndsEarly(int length) throws IOException {
    refuses(
        write("a.npy", Arrays.copyOf(npy("(2, 2, 2)", counted(8)), length)), "get the file again");
  }

  @Test
  void refusesWhatNumPyDidNotWrite() throws IOException {
    byte[] array = npy("(2, 2, 2)", counted(8));
    array[6] = 9;
    refuses(write("a.npy", array), "has version 9 of NumPy's format");
    byte[] long4 = npy(2, "|u1", "False", "(2, 2, 2)", counted(8));
    long4[11] = 0x7f;
    refuses(write("a.npy", long4), "has a header of 21", "expected at most 65536");
    refuses(write("a.npz", counted(100)), "damaged zip (");
    refuses(folder.resolve("none.npy"), "cannot be read (no such file");
    refuses(Files.createDirectory(folder.resolve("b.npy")), "b.npy");
  }

  @Test
  void aFlippedBitOfAZipIsFound() throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      zip.setLevel(0);
      zip.putNextEntry(new ZipEntry("images.npy"));
      zip.write(npy("(2, 2, 2)", new byte[] {9, 9, 9, 9, 7, 7, 7, 7}));
    }
    byte[] bytes = out.toByteArray();
    for (int k = 0; k < bytes.length; k++) {
      if (bytes[k] == 7 && bytes[k + 1] == 7) {
        bytes[k] ^= 1;
        break;
      }
    }
    refuses(write("a.npz", bytes), "damaged zip (the CRC of images is wrong)");
  }
}
