package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.format.Sha256;
import dev.hindsight.testing.IdxBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The archive is in the cache already, as after a download or where somebody put it.
class CifarArchiveTest {
  private static final int BATCH = 2 * 3073;

  @TempDir Path cache;

  private static void member(ByteArrayOutputStream tar, String name, byte[] bytes) {
    byte[] header = new byte[512];
    byte[] words = name.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(words, 0, header, 0, words.length);
    byte[] size = "%011o".formatted(bytes.length).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(size, 0, header, 124, size.length);
    tar.writeBytes(header);
    tar.writeBytes(bytes);
    tar.writeBytes(new byte[-bytes.length & 511]);
  }

  private static byte[] batch(int label) {
    byte[] bytes = new byte[BATCH];
    Arrays.fill(bytes, (byte) label);
    return bytes;
  }

  private static byte[] archive(List<String> batches) throws IOException {
    var tar = new ByteArrayOutputStream();
    member(tar, "cifar-10-batches-bin/", new byte[0]);
    member(tar, "cifar-10-batches-bin/readme.html", new byte[700]);
    for (String name : batches) {
      member(tar, "../../cifar-10-batches-bin/" + name, batch(batches.indexOf(name)));
    }
    member(tar, "../escaped", new byte[9]);
    tar.writeBytes(new byte[1024]);
    return IdxBytes.gzip(tar.toByteArray());
  }

  private Dataset find(byte[] archive, Split split) throws IOException {
    var known = new Download.Known("c.tar.gz", archive.length, Sha256.digits(archive));
    var cifar = new CifarArchive(List.of(URI.create("http://localhost:1/")), known, BATCH);
    Path folder = Files.createDirectories(cache.resolve("cifar10"));
    if (archive.length > 0) {
      Files.write(folder.resolve("c.tar.gz"), archive);
    }
    Opening nobody = _ -> {};
    return new Datasets(cache, List.of(), cifar, EmojiFont.USUAL, new Download(nobody), nobody)
        .find(new DataSource("cifar10", PictureOptions.USUAL, true), split);
  }

  @Test
  void isUnpackedOnce() throws IOException {
    Dataset train = find(archive(CifarFiles.names()), Split.TRAIN);
    assertThat(train.name()).isEqualTo("cifar10");
    assertThat(train.count()).isEqualTo(10);
    assertThat(train.label(9)).isEqualTo(4);
    Dataset test = find(new byte[0], Split.TEST);
    assertThat(test.count()).isEqualTo(2);
    assertThat(test.intensity(1, 3071)).isEqualTo(5);
    try (var files = Files.walk(cache).filter(Files::isRegularFile)) {
      assertThat(files.map(file -> cache.relativize(file).toString()))
          .containsExactlyInAnyOrderElementsOf(
              CifarFiles.names().stream().map(name -> "cifar10/" + name).toList());
    }
  }

  @Test
  void aDamagedArchiveIsOneLine() throws IOException {
    byte[] whole = archive(CifarFiles.names());
    byte[] few = archive(List.of("test_batch.bin"));
    for (byte[] bad : List.of(Arrays.copyOf(whole, 1), Arrays.copyOf(whole, 200), few)) {
      assertThatExceptionOfType(DataException.class)
          .isThrownBy(() -> find(bad, Split.TRAIN))
          .withMessageContaining("c.tar.gz: ")
          .withMessageNotContaining("\n");
    }
  }

  @Test
  void offlineItSaysWhereToPutIt() {
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> find(new byte[0], Split.TRAIN))
        .withMessageContaining("put it into " + cache.resolve("cifar10"));
  }
}
