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

class GreyPngTest {

  /// The JDK's own decoder reads every pixel back.
  @Test
  void anIndependentDecoderReadsItBack() throws IOException {
    Random random = new Random(3);
    for (int[] size : new int[][] {{1, 1}, {1, 37}, {37, 1}, {147, 293}}) {
      byte[] grey = new byte[size[0] * size[1]];
      random.nextBytes(grey);
      byte[] png = GreyPng.encode(size[0], size[1], grey);
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
      assertThat(image.getType()).isEqualTo(BufferedImage.TYPE_BYTE_GRAY);
      assertThat(image.getWidth()).isEqualTo(size[0]);
      assertThat(image.getHeight()).isEqualTo(size[1]);
      int[] back = image.getRaster().getSamples(0, 0, size[0], size[1], 0, (int[]) null);
      for (int i = 0; i < grey.length; i++) {
        assertThat(back[i]).isEqualTo(grey[i] & 0xff);
      }
      assertThat(GreyPng.encode(size[0], size[1], grey)).isEqualTo(png);
    }
  }

  /// That decoder looks at no checksum and misses no end; others do.
  @Test
  void everyChunkHasItsChecksumAndTheLastIsTheEnd() {
    ByteBuffer png = ByteBuffer.wrap(GreyPng.encode(3, 2, new byte[6])).position(8);
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
    assertThatIllegalArgumentException().isThrownBy(() -> GreyPng.encode(2, 2, new byte[3]));
    assertThatIllegalArgumentException().isThrownBy(() -> GreyPng.encode(0, 2, new byte[0]));
  }
}
