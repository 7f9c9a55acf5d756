package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.testing.IdxBytes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Images that stay in their file.
class MappedImagesTest {
  @TempDir private Path temp;

  private static Dataset open(Path place, Split split) {
    return Datasets.open(place.toString(), split);
  }

  /// Whatever is asked of them, they are the images of a packed file.
  @Test
  void thoseOfAPlainFileAreMapped() throws IOException {
    Path plain = IdxBytes.folder(temp.resolve("plain"), 7, 5);
    Path packed = Files.createDirectory(temp.resolve("packed"));
    for (Split split : Split.values()) {
      for (String file : new String[] {split.imagesFile(), split.labelsFile()}) {
        byte[] bytes = Files.readAllBytes(plain.resolve(file));
        Files.write(packed.resolve(file + ".gz"), IdxBytes.gzip(bytes));
      }
      Dataset there = open(plain, split);
      Dataset here = open(packed, split);
      assertThat(there.isMapped()).isTrue();
      assertThat(here.isMapped()).isFalse();
      requireEqual(there, here);
      int[] some = {4, 0, 2, 2};
      requireEqual(there.select(some), here.select(some));
      requireEqual(there.select(some).select(new int[] {3, 0}), here.select(new int[] {2, 4}));
      requireEqual(there.first(3), here.first(3));
      assertThat(there.first(3).isMapped()).isTrue();
    }
  }

  private static void requireEqual(Dataset a, Dataset b) {
    assertThat(a.count()).isEqualTo(b.count());
    assertThat(a.bytes()).isEqualTo(b.bytes());
    assertThat(a.sha256()).isEqualTo(b.sha256());
    assertThat(a.levelsOfValues(Binarize.STOCHASTIC))
        .isDeepEqualTo(b.levelsOfValues(Binarize.STOCHASTIC));
    assertThat(a.pixelMeans(Binarize.STOCHASTIC)).isEqualTo(b.pixelMeans(Binarize.STOCHASTIC));
    for (int image = 0; image < a.count(); image++) {
      assertThat(a.label(image)).isEqualTo(b.label(image));
      assertThat(a.intensity(image, 783)).isEqualTo(b.intensity(image, 783));
    }
  }

  /// A file with holes: it takes no room on the disk.
  @Test
  void theyMayHaveMoreBytesThanAnArray() throws IOException {
    int count = 2200;
    long each = 1 << 20;
    byte[] header = NpyFilesTest.npy("(2200, 1024, 1024)", new byte[0]);
    Path file = temp.resolve("large.npy");
    try (var large = new RandomAccessFile(file.toFile(), "rw")) {
      large.write(header);
      large.setLength(header.length + count * each);
      for (int image = 0; image < count; image++) {
        large.seek(header.length + image * each + each - 1);
        large.write(image % 251);
      }
    }
    for (Split split : Split.values()) {
      Dataset data = open(file, split);
      int[] numbers = TestTenth.numbers("large", count, split);
      assertThat(data.count()).isEqualTo(numbers.length);
      for (int k = 0; k < numbers.length; k++) {
        assertThat(data.intensity(k, (int) each - 1)).isEqualTo(numbers[k] % 251);
      }
      byte[] last = new byte[(int) each];
      data.image(data.count() - 1, last);
      assertThat(last[last.length - 1]).isEqualTo((byte) (numbers[numbers.length - 1] % 251));
    }
    Dataset all = open(file, Split.TRAIN);
    Dataset most = all.select(new int[2048]);
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(most::bytes)
        .withMessageContaining("large.npy: has more than 2147483639 bytes");
  }
}
