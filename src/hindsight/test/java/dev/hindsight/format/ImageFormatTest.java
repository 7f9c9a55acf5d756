package dev.hindsight.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageFormatTest {
  private static final String PNG = "89504e470d0a1a0a ";

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  /// Chunks whose data look like chunks, that claim to go on behind the end, or to have no length.
  @ParameterizedTest
  @CsvSource({
    "'', 0",
    "00000000 49454e44 ae426082, 1",
    "0000000c 00000000 0000000049454e4400000000 547b5dd8 00000000 49454e44 ae426082, 2",
    "00000000 49454e44 ae426082 00000009 49444154 00, 1",
    "00000009 49444154 00 00000000, 0",
    "7fffffff 49444154 00000000 00000000, 0",
    "ffffffff 49444154 00000000 00000000, 0",
    "00000000 49444154 35af061e 00000000 49444154 35af061e 00000000 49454e44 ae426082, 3",
  })
  void countsChunksOfAPng(String chunks, int wanted) throws IOException {
    byte[] file = bytes(PNG + chunks);
    assertThat(ImageFormat.of(file)).contains(ImageFormat.PNG);
    assertThat(ImageFormat.PNG.parts(file)).isEqualTo(wanted);
  }

  @Test
  void aChunkWithAWrongChecksumIsDamaged() throws IOException {
    byte[] file = bytes(PNG + "00000000 49444154 35af061e 00000001 49444154 00 00000000");
    assertThatThrownBy(() -> ImageFormat.PNG.parts(file))
        .isInstanceOf(IOException.class)
        .hasMessage("damaged: the CRC of chunk 2 is wrong");
  }

  /// What has no length counts for nothing, nor does what looks like a marker within data or is a
  /// stuffed byte of a scan; any bytes may stand between, and any number of 0xff before a marker.
  @ParameterizedTest
  @CsvSource({
    "ff, 0",
    "ffd9, 0",
    "ffe20002 ffd9, 1",
    "ffe20002 ffe20002 ffd9, 2",
    "ffe20006 ffe20002 ffd9, 1",
    "ffe20000 ffe20001 ffd9, 2",
    "ffffffe20002 fffffffffffe0002, 2",
    "ffda0002 12ff0034ffd356ffff0001 ffda0002 ffd9, 2",
    "000102 ff01 ffd0 ffd7 ffd8ffd9 ffd8 ffe00002, 1",
    "ffe0ffff ffe00002, 1",
    "ffe000, 0",
    "ff01 ffe00002 ffe00002, 2",
  })
  void countsSegmentsOfAJpeg(String segments, int wanted) throws IOException {
    byte[] file = bytes("ffd8" + segments);
    assertThat(ImageFormat.JPEG.parts(file)).isEqualTo(wanted);
  }
}
