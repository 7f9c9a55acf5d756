package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarFilesTest {
  private static final int VALUES = 3072;

  @TempDir Path folder;

  private Dataset read(Split split) {
    return Datasets.open(folder.toString(), split);
  }

  private void refuses(String... parts) {
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> read(Split.TRAIN))
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains(parts);
              assertThat(e.getMessage().lines()).hasSize(1);
            });
  }

  /// Image `k`: label `first + k`, and planes whose bytes tell plane, place and label.
  private static byte[] batch(int images, int labels, int first) {
    int record = labels + VALUES;
    byte[] bytes = new byte[images * record];
    for (int k = 0; k < images; k++) {
      Arrays.fill(bytes, k * record, k * record + labels, (byte) 99);
      bytes[k * record + labels - 1] = (byte) (first + k);
      for (int v = 0; v < VALUES; v++) {
        bytes[k * record + labels + v] = (byte) stored(v / 1024, v % 1024, first + k);
      }
    }
    return bytes;
  }

  private static int stored(int colour, int pixel, int label) {
    return (colour * 80 + pixel % 61 + label) & 0xff;
  }

  private static void holds(Dataset data, int image, int label) {
    assertThat(data.label(image)).isEqualTo(label);
    for (int pixel = 0; pixel < 1024; pixel++) {
      for (int c = 0; c < 3; c++) {
        assertThat(data.intensity(image, 3 * pixel + c)).isEqualTo(stored(c, pixel, label));
      }
    }
  }

  @Test
  void readsTheBatchesInOrderWithChannelsLast() throws IOException {
    Files.write(folder.resolve("data_batch_5.bin"), batch(2, 1, 5));
    Files.write(folder.resolve("data_batch_1.bin.gz"), IdxBytes.gzip(batch(3, 1, 0)));
    Files.write(folder.resolve("test_batch.bin"), batch(2, 1, 8));
    Files.writeString(folder.resolve("batches.meta.txt"), "airplane");
    Dataset train = read(Split.TRAIN);
    assertThat(train.shape()).isEqualTo(new ImageShape(32, 32, 3, 256));
    assertThat(train.count()).isEqualTo(5);
    assertThat(train.split()).isEmpty();
    int[] labels = {0, 1, 2, 5, 6};
    for (int k = 0; k < 5; k++) {
      holds(train, k, labels[k]);
    }
    holds(read(Split.TEST), 1, 9);
  }

  @Test
  void readsTheFineLabelsOfAHundredClasses() throws IOException {
    Files.write(folder.resolve("train.bin"), batch(3, 2, 40));
    Files.write(folder.resolve("test.bin"), batch(1, 2, 77));
    holds(read(Split.TRAIN), 2, 42);
    holds(read(Split.TEST), 0, 77);
  }

  @Test
  void withoutATestBatchATenthIsForTests() throws IOException {
    Files.write(folder.resolve("data_batch_2.bin"), batch(30, 1, 0));
    Dataset train = read(Split.TRAIN);
    Dataset test = read(Split.TEST);
    assertThat(test.split()).isEqualTo(train.split()).contains("1 in 10");
    assertThat(test.count()).isEqualTo(3);
    assertThat(
            IntStream.concat(
                IntStream.range(0, 27).map(train::label), IntStream.range(0, 3).map(test::label)))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 30).boxed().toList());
  }

  @Test
  void refusesFilesThatEndInTheMiddle() throws IOException {
    Path file = folder.resolve("data_batch_1.bin");
    for (int length : new int[] {0, 1, 3072, 3074, 3 * 3073 - 1}) {
      Files.write(file, Arrays.copyOf(batch(3, 1, 0), length));
      refuses("data_batch_1.bin: has " + length + " bytes, not whole images of 3073 each");
    }
    byte[] zipped = IdxBytes.gzip(batch(3, 1, 0));
    Files.delete(file);
    for (int length : new int[] {0, 5, 30, zipped.length - 1}) {
      Files.write(folder.resolve("data_batch_1.bin.gz"), Arrays.copyOf(zipped, length));
      refuses("data_batch_1.bin.gz: ", "get the file again");
    }
    Files.delete(folder.resolve("data_batch_1.bin.gz"));
    Files.write(folder.resolve("test_batch.bin"), batch(1, 1, 0));
    refuses("no training images; expected data_batch_1.bin");
  }
}
