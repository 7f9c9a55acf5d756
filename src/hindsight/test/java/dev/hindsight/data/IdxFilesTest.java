package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxFilesTest {
  private static final String IMAGES = "t10k-images-idx3-ubyte";
  private static final String LABELS = "t10k-labels-idx1-ubyte";

  @TempDir Path parent;
  private Path folder;

  @BeforeEach
  void folder() throws IOException {
    folder = IdxBytes.folder(parent.resolve("set"), 5, 3);
  }

  private Dataset read() {
    return Datasets.open(folder.toString(), Split.TEST);
  }

  private void refuses(String... parts) {
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(this::read)
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains(parts);
              assertThat(e.getMessage().lines()).hasSize(1);
            });
  }

  private void put(String file, byte[] bytes) throws IOException {
    Files.write(folder.resolve(file), bytes);
  }

  private void putHeader(int... words) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * words.length + 3 * ImageShape.MNIST.pixels());
    for (int word : words) {
      bytes.putInt(word);
    }
    put(IMAGES, bytes.array());
  }

  @Test
  void readsPlainFilesOfEitherSplit() {
    Dataset test = read();
    assertThat(test.name()).isEqualTo("set");
    assertThat(test.count()).isEqualTo(3);
    assertThat(test.hasLabels()).isTrue();
    for (int image = 0; image < 3; image++) {
      assertThat(test.label(image)).isEqualTo(image);
      for (int pixel = 0; pixel < ImageShape.MNIST.pixels(); pixel++) {
        assertThat(test.intensity(image, pixel)).isEqualTo((image + pixel) % 256);
      }
    }
    assertThat(Datasets.open(folder.toString(), Split.TRAIN).count()).isEqualTo(5);
  }

  @Test
  void whatIsUnpackedMustFitAnArray() throws IOException {
    putHeader(0x803, 2048, 1024, 1024); // 2 GiB
    Path plain = folder.resolve(IMAGES);
    put(IMAGES + ".gz", IdxBytes.gzip(Files.readAllBytes(plain)));
    Files.delete(plain);
    refuses("the header says 2048 images; at most 2047 can be read from a packed file");
  }

  @Test
  void evaluationNeedsOnlyTheTestFilesAndNoLabels() throws IOException {
    for (String file :
        new String[] {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", LABELS}) {
      Files.delete(folder.resolve(file));
    }
    assertThat(read().count()).isEqualTo(3);
    assertThat(read().hasLabels()).isFalse();
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> Datasets.open(folder.toString(), Split.TRAIN))
        .withMessageContaining("no images of this split")
        .withMessageContaining("train-images-idx3-ubyte.gz");
  }

  @Test
  void refusesAMissingAnEmptyAndAWrongFolder() throws IOException {
    folder = parent.resolve("nowhere");
    refuses("nowhere: no such folder", "--data", "mnist10k, mnist, fashion-mnist, cifar10, emoji");
    Files.createDirectory(folder);
    refuses("nowhere: the folder is empty", "expected pictures (.png, ", IMAGES);
    folder = Files.writeString(parent.resolve("file"), "x");
    refuses("file: is a file", "the folder that holds");
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> Datasets.open(" ", Split.TEST))
        .withMessageContaining("--data is empty");
  }

  @Test
  void refusesAWrongMagicNumber() throws IOException {
    put(IMAGES, IdxBytes.labels(3000));
    refuses(IMAGES, "0x00000801", "0x00000803", "get the file again");
    put(IMAGES, IdxBytes.gzip(IdxBytes.images(3)));
    refuses(IMAGES, "0x1f8b", "it is gzipped, so end its name in .gz");
    put(IMAGES, IdxBytes.images(3));
    put(LABELS, IdxBytes.images(3));
    refuses(LABELS, "0x00000803", "0x00000801");
  }

  @Test
  void refusesTruncationAnywhere() throws IOException {
    byte[] whole = IdxBytes.images(3);
    for (int length : new int[] {0, 1, 15}) {
      put(IMAGES, Arrays.copyOf(whole, length));
      refuses(IMAGES, "the file ends inside its header");
    }
    for (int length : new int[] {16, whole.length - 1}) {
      put(IMAGES, Arrays.copyOf(whole, length));
      refuses(IMAGES, "truncated: " + (length - 16) + " of the 2352 bytes");
    }
    put(IMAGES, whole);
    put(LABELS, Arrays.copyOf(IdxBytes.labels(3), 10));
    refuses(LABELS, "truncated: 2 of the 3 bytes");
  }

  @Test
  void refusesSizesAndCountsThatCannotBe() throws IOException {
    putHeader(0x803, 3, 0, 28);
    refuses(IMAGES, "images of 0x28 pixels", "1 to 4096 pixels long");
    putHeader(0x803, 3, 28, 0);
    refuses(IMAGES, "images of 28x0 pixels");
    putHeader(0x803, 3, 1, 1);
    refuses(IMAGES, "images of 1x1 pixels", "2 to 1048576");
    putHeader(0x803, 3, 28, -1);
    refuses(IMAGES, "images of 28x4294967295 pixels");
    putHeader(0x803, 3, 1, 4097);
    refuses(IMAGES, "images of 1x4097 pixels");
    putHeader(0x803, 3, 1025, 1024);
    refuses(IMAGES, "images of 1025x1024 pixels");
    putHeader(0x803, 3, 1024, 1024);
    refuses(IMAGES, "truncated: 2352 of the 3145728 bytes");
    putHeader(0x803, 2048, 1024, 1024); // 2 GiB, more than an array holds
    refuses(IMAGES, "truncated: 2352 of the 2147483648 bytes");
    putHeader(0x803, 3, 28, 29);
    refuses(IMAGES, "truncated: 2352 of the 2436 bytes");
    putHeader(0x803, 3, 28, 27);
    refuses(IMAGES, "more bytes follow the 3 images");
    putHeader(0x803, 0, 28, 28);
    refuses(IMAGES, "0 images", "at least 1");
    putHeader(0x803, -1, 28, 28);
    refuses(IMAGES, "4294967295 images");
    putHeader(0x803, 2_000_000, 28, 28); // must not reserve 1.6 GB first
    refuses(IMAGES, "truncated: 2352 of the 1568000000 bytes");
  }

  @Test
  void readsImagesOfAnySize() throws IOException {
    for (ImageShape shape :
        new ImageShape[] {
          new ImageShape(5, 7),
          new ImageShape(1, 4096),
          new ImageShape(4096, 1),
          new ImageShape(64, 64),
          new ImageShape(1, 2)
        }) {
      put(IMAGES, IdxBytes.images(3, shape));
      Dataset read = read();
      assertThat(read.shape()).isEqualTo(shape);
      assertThat(read.count()).isEqualTo(3);
      assertThat(read.intensity(2, shape.pixels() - 1)).isEqualTo((2 + shape.pixels() - 1) % 256);
    }
  }

  @Test
  void refusesAnotherLabelCount() throws IOException {
    put(LABELS, IdxBytes.labels(4));
    refuses(LABELS + ": 4 labels but", IMAGES + " has 3 images", "one data set");
  }

  @Test
  void refusesBadGzip() throws IOException {
    byte[] whole = IdxBytes.gzip(IdxBytes.images(3));
    Files.delete(folder.resolve(IMAGES));
    put(IMAGES + ".gz", IdxBytes.images(3));
    refuses(IMAGES + ".gz", "not gzip although its name ends in .gz", "rename");
    put(IMAGES + ".gz", new byte[0]);
    refuses(IMAGES + ".gz", "the file is empty");
    for (int length = 2; length < whole.length; length += 7) {
      put(IMAGES + ".gz", Arrays.copyOf(whole, length));
      refuses(IMAGES + ".gz", "get the file again");
    }
    byte[] damaged = whole.clone();
    damaged[whole.length - 6] ^= 1; // the checksum at the end
    put(IMAGES + ".gz", damaged);
    refuses(IMAGES + ".gz", "damaged or truncated gzip");
  }

  @Test
  void refusesAnUnreadableFile() throws IOException {
    Files.delete(folder.resolve(IMAGES));
    Files.createDirectory(folder.resolve(IMAGES));
    refuses(IMAGES, "cannot be read", "permissions");
    Files.delete(folder.resolve(IMAGES));
    Files.createSymbolicLink(folder.resolve(IMAGES), Path.of("/proc/self/mem")); // even for root
    refuses(IMAGES, "cannot be read", "permissions");
    Files.delete(folder.resolve(IMAGES));
  }
}
