package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.hindsight.image.ImageShape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageSheetTest {
  @TempDir Path folder;

  /// Every pixel of the sheet, looked up the other way round: from the sheet to the image.
  private void check(ImageSheet sheet, int count, int width, int height) throws IOException {
    float[] images = new float[count * 784];
    Random random = new Random(5);
    for (int i = 0; i < images.length; i++) {
      images[i] = random.nextInt(256) / 255f;
    }
    Path file = folder.resolve("samples.png");
    sheet.write(file, images, count);
    BufferedImage png = ImageIO.read(file.toFile());
    assertThat(png.getWidth()).isEqualTo(width);
    assertThat(png.getHeight()).isEqualTo(height);
    int cell = 28 * sheet.scale() + sheet.gap();
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int column = Math.floorDiv(x - sheet.gap(), cell);
        int row = Math.floorDiv(y - sheet.gap(), cell);
        int inX = Math.floorMod(x - sheet.gap(), cell);
        int inY = Math.floorMod(y - sheet.gap(), cell);
        int image = row * sheet.columns() + column;
        boolean gap =
            column < 0
                || row < 0
                || inX >= 28 * sheet.scale()
                || inY >= 28 * sheet.scale()
                || image >= count;
        int expected =
            gap
                ? 96
                : Math.round(
                    images[image * 784 + inY / sheet.scale() * 28 + inX / sheet.scale()] * 255);
        assertThat(png.getRaster().getSample(x, y, 0)).as("(%d, %d)", x, y).isEqualTo(expected);
      }
    }
  }

  @Test
  void fiveByFive() throws IOException {
    check(ImageSheet.of(ImageShape.MNIST), 25, 2 + 5 * 114, 2 + 5 * 114);
  }

  @Test
  void incompleteRowsAndOtherLayouts() throws IOException {
    check(new ImageSheet(ImageShape.MNIST, 3, 1, 1), 7, 1 + 3 * 29, 1 + 3 * 29);
    check(new ImageSheet(ImageShape.MNIST, 5, 2, 0), 2, 2 * 56, 56);
  }

  @Test
  void refusesWhatCannotBeDrawn() {
    float[] one = new float[784];
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ImageSheet.of(ImageShape.MNIST).png(one, 2))
        .withMessageContaining("2 images cannot be made of 784 values");
    one[30] = Float.NaN;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ImageSheet.of(ImageShape.MNIST).png(one, 1))
        .withMessage("sheet: image 0 has the value NaN at row 1, column 2; it must be from 0 to 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ImageSheet(ImageShape.MNIST, 0, 1, 1));
  }
}
