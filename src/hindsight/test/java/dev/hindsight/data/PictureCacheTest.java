package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureCacheTest extends PictureFixture {
  @Test
  void aSecondOpeningReadsTheCache() throws IOException {
    greys(20);
    Dataset first = train();
    assertThat(decoded).isEqualTo(20);
    Dataset second = train();
    test();
    assertThat(decoded).isEqualTo(20);
    assertThat(second.sha256()).isEqualTo(first.sha256());
    assertThat(second.shape()).isEqualTo(first.shape());
    assertThat(first.isMapped() && second.isMapped()).isTrue();
    Path moved = parent.resolve("moved");
    Files.move(folder, moved);
    folder = moved;
    train();
    assertThat(decoded).isEqualTo(20);
  }

  @Test
  void whatChangesIsDecodedAgain() throws IOException {
    greys(20);
    train();
    Path one = folder.resolve("003.png");
    Files.setLastModifiedTime(one, FileTime.fromMillis(1_000));
    train();
    assertThat(decoded).isEqualTo(40);
    Files.move(one, folder.resolve("new.png"));
    train();
    assertThat(decoded).isEqualTo(60);
    open(Split.TRAIN, options(null, null, "000000"));
    assertThat(decoded).isEqualTo(80);
    open(Split.TRAIN, options("3", null, null));
    assertThat(decoded).isEqualTo(100);
    open(Split.TRAIN, options(null, 1, null));
    assertThat(decoded).isEqualTo(120);
  }

  @Test
  void aDamagedCacheIsWrittenAgain() throws IOException {
    greys(12);
    String before = train().sha256();
    Path file;
    try (var files = Files.list(cache.resolve("pictures"))) {
      file = files.findFirst().orElseThrow();
    }
    byte[] good = Files.readAllBytes(file);
    for (int at : new int[] {0, 7, 11, 19, 20, 20 + 12 * 20 - 1, good.length - 1}) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      Files.write(file, bad);
      assertThat(train().sha256()).isEqualTo(before);
      assertThat(Files.readAllBytes(file)).isEqualTo(good);
    }
    for (byte[] bad : List.of(new byte[0], Arrays.copyOf(good, 30), Arrays.copyOf(good, 400))) {
      Files.write(file, bad);
      assertThat(train().sha256()).isEqualTo(before);
    }
    assertThat(decoded).isEqualTo(12 * 11);
    assertThat(train().sha256()).isEqualTo(before);
    assertThat(decoded).isEqualTo(12 * 11);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whereTheCacheCannotBeWrittenATemporaryFileServes(boolean coloured) throws IOException {
    greys(12);
    if (coloured) {
      write("z.png", plain(RGB, 4, 5, 0xff0000));
    }
    Dataset cached = train();
    Dataset cachedTest = test();
    cache = Files.createFile(parent.resolve("file"));
    Dataset plain = train();
    assertThat(plain.shape()).isEqualTo(cached.shape());
    assertThat(plain.isMapped()).isTrue();
    assertThat(plain.bytes()).isEqualTo(cached.bytes());
    assertThat(test().bytes()).isEqualTo(cachedTest.bytes());
    assertThat(notices.getFirst()).contains("cannot be written", "decoded each time");
  }

  @Test
  void aFailedDecodingLeavesNothing() throws IOException {
    greys(12);
    Files.writeString(folder.resolve("0000.png"), "text");
    refuses("0000.png: is no picture", "give a PNG, JPEG, GIF or BMP");
    assertThat(cache.resolve("pictures"))
        .satisfiesAnyOf(c -> assertThat(c).doesNotExist(), c -> assertThat(c).isEmptyDirectory());
  }
}
