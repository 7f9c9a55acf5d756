package dev.hindsight.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PngTest {

  /// The JDK's own decoder reads every value back.
  @ParameterizedTest
  @CsvSource({"1, 10", "3, 5"}) // TYPE_BYTE_GRAY, TYPE_3BYTE_BGR
  void anIndependentDecoderReadsItBack(int channels, int type) throws IOException {
    Random random = new Random(3);
    for (int[] size : new int[][] {{1, 1}, {1, 37}, {37, 1}, {147, 293}}) {
      byte[] pixels = new byte[size[0] * size[1] * channels];
      random.nextBytes(pixels);
      byte[] png = Png.encode(size[0], size[1], channels, pixels);
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
      assertThat(image.getType()).isEqualTo(type);
      assertThat(image.getWidth()).isEqualTo(size[0]);
      assertThat(image.getHeight()).isEqualTo(size[1]);
      int[] back = image.getRaster().getPixels(0, 0, size[0], size[1], (int[]) null);
      for (int i = 0; i < pixels.length; i++) {
        assertThat(back[i]).isEqualTo(pixels[i] & 0xff);
      }
      assertThat(Png.encode(size[0], size[1], channels, pixels)).isEqualTo(png);
    }
  }

  /// That decoder looks at no checksum and misses no end; others do.
  @Test
  void everyChunkHasItsChecksumAndTheLastIsTheEnd() {
    ByteBuffer png = ByteBuffer.wrap(Png.encode(3, 2, 1, new byte[6])).position(8);
    List<String> types = new ArrayList<>();
    while (png.hasRemaining()) {
      int length = png.getInt();
      byte[] typeAndData = new byte[4 + length];
      png.get(typeAndData);
      CRC32 crc = new CRC32();
      crc.update(typeAndData);
      assertThat(png.getInt()).isEqualTo((int) crc.getValue());
      types.add(new String(typeAndData, 0, 4, StandardCharsets.US_ASCII));
    }
    assertThat(types).containsExactly("IHDR", "IDAT", "IEND");
  }

  @Test
  void refusesAWrongSize() {
    assertThatIllegalArgumentException().isThrownBy(() -> Png.encode(2, 2, 1, new byte[3]));
    assertThatIllegalArgumentException().isThrownBy(() -> Png.encode(0, 2, 1, new byte[0]));
    assertThatIllegalArgumentException().isThrownBy(() -> Png.encode(2, 2, 3, new byte[4]));
    assertThatIllegalArgumentException().isThrownBy(() -> Png.encode(2, 2, 2, new byte[8]));
  }
}
