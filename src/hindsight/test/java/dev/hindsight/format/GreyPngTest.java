package dev.hindsight.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
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

  @Test
  void refusesAWrongSize() {
    assertThatIllegalArgumentException().isThrownBy(() -> GreyPng.encode(2, 2, new byte[3]));
    assertThatIllegalArgumentException().isThrownBy(() -> GreyPng.encode(0, 2, new byte[0]));
  }
}
