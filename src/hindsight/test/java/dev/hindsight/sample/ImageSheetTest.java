package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.hindsight.error.UserException;
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
    ImageShape shape = sheet.shape();
    float[] images = new float[count * shape.values()];
    Random random = new Random(5);
    for (int i = 0; i < images.length; i++) {
      images[i] = random.nextInt(shape.levels());
    }
    Path file = folder.resolve("samples.png");
    sheet.write(file, images, count);
    BufferedImage png = ImageIO.read(file.toFile());
    assertThat(png.getWidth()).isEqualTo(width);
    assertThat(png.getHeight()).isEqualTo(height);
    assertThat(png.getRaster().getNumBands()).isEqualTo(shape.channels());
    int across = shape.width() * sheet.scale() + sheet.gap();
    int down = shape.height() * sheet.scale() + sheet.gap();
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int column = Math.floorDiv(x - sheet.gap(), across);
        int row = Math.floorDiv(y - sheet.gap(), down);
        int inX = Math.floorMod(x - sheet.gap(), across);
        int inY = Math.floorMod(y - sheet.gap(), down);
        int image = row * sheet.columns() + column;
        boolean gap =
            column < 0
                || row < 0
                || inX >= shape.width() * sheet.scale()
                || inY >= shape.height() * sheet.scale()
                || image >= count;
        int pixel = inY / sheet.scale() * shape.width() + inX / sheet.scale();
        for (int channel = 0; channel < shape.channels(); channel++) {
          int value = gap ? 0 : image * shape.values() + pixel * shape.channels() + channel;
          int expected = gap ? 96 : ((int) images[value]) * 255 / (shape.levels() - 1);
          assertThat(png.getRaster().getSample(x, y, channel))
              .as("(%d, %d), channel %d", x, y, channel)
              .isEqualTo(expected);
        }
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
  void imagesThatAreNoSquares() throws IOException {
    check(ImageSheet.of(new ImageShape(5, 7)), 6, 2 + 5 * 30, 2 + 2 * 22);
    check(ImageSheet.of(new ImageShape(200, 3), 4), 5, 2 + 4 * 8, 2 + 2 * 402); // twice as large
  }

  @Test
  void greysAndColours() throws IOException {
    check(ImageSheet.of(new ImageShape(5, 7, 1, 4)), 6, 2 + 5 * 30, 2 + 2 * 22);
    check(ImageSheet.of(new ImageShape(5, 7, 3, 256)), 6, 2 + 5 * 30, 2 + 2 * 22);
    check(new ImageSheet(new ImageShape(3, 2, 3, 8), 2, 1, 0), 5, 4, 9);
  }

  /// Black and white are those of every number of levels.
  @Test
  void levelsAreShownEvenlyFromBlackToWhite() {
    var shape = new ImageShape(1, 4, 1, 4);
    assertThat(new ImageSheet(shape, 1, 1, 0).pixels(new float[] {0, 1, 2, 3}, 1))
        .containsExactly(0, 85, 170, 255);
    var coloured = new ImageShape(1, 2, 3, 256);
    assertThat(new ImageSheet(coloured, 1, 1, 1).pixels(new float[] {255, 0, 9, 7, 8, 200}, 1))
        .containsSubsequence(96, 96, 96, 255, 0, 9, 7, 8, 200, 96, 96, 96)
        .hasSize(3 * 4 * 3);
  }

  @Test
  void whatNobodyCouldOpenIsRefusedInALine() {
    ImageSheet.of(ImageShape.MNIST).requireRoom(10_000);
    ImageSheet large = ImageSheet.of(new ImageShape(128, 128));
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> large.requireRoom(10_000))
        .withMessage(
            "a sheet of 10000 images of 128x128 would have 2644021144 pixels, of 268435456 at most;"
                + " draw fewer");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> ImageSheet.of(new ImageShape(64, 64, 3, 256)).requireRoom(10_000))
        .withMessageContaining("have 666674584 pixels, of 89478485 at most");
    GrowingGif.requireRoom(large, GrowingGif.MOST_IMAGES);
    ImageSheet high = ImageSheet.of(new ImageShape(1024, 1));
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> GrowingGif.requireRoom(high, GrowingGif.MOST_IMAGES))
        .withMessageContaining("would be 82082 pixels long, of 65535 at most");
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
        .withMessage(
            "sheet: image 0 has the value NaN at row 1, column 2; it must be a level from 0 to 1");
    one[30] = 0.5f;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ImageSheet.of(ImageShape.MNIST).png(one, 1))
        .withMessageContaining("has the value 0.5");
    one[30] = 2;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ImageSheet.of(ImageShape.MNIST).png(one, 1))
        .withMessageContaining("has the value 2.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ImageSheet(ImageShape.MNIST, 0, 1, 1));
  }
}
