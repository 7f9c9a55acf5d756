package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.PixelOrder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrowingGifTest {
  @TempDir private Path folder;

  private List<BufferedImage> frames(ImageSheet sheet, float[] images, int count, PixelOrder order)
      throws IOException {
    Path file = folder.resolve("growing.gif");
    GrowingGif.write(file, sheet, images, count, order);
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    List<BufferedImage> frames = new ArrayList<>();
    try (var in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      for (int k = 0; k < reader.getNumImages(true); k++) {
        frames.add(reader.read(k));
      }
    }
    return frames;
  }

  private static float[] random(ImageShape shape, int count) {
    Random random = new Random(7);
    float[] images = new float[count * shape.values()];
    for (int k = 0; k < images.length; k++) {
      images[k] = random.nextInt(shape.levels());
    }
    return images;
  }

  /// Without gaps, a dot a pixel, few enough colours for a palette.
  @ParameterizedTest
  @CsvSource({"1, 2", "1, 4", "1, 256", "3, 2", "3, 4", "3, 256"})
  void eachFrameHasThePixelsThatAreDrawnAndGreyForTheOthers(int channels, int levels)
      throws IOException {
    var shape = new ImageShape(6, 9, channels, levels);
    PixelOrder order = PixelOrder.symmetry(shape, 1);
    float[] images = random(shape, 2);
    List<BufferedImage> frames = frames(new ImageSheet(shape, 2, 1, 0), images, 2, order);
    assertThat(frames).hasSize(54 + 1);
    for (int frame = 0; frame < frames.size(); frame++) {
      for (int k = 0; k < 2 * shape.pixels(); k++) {
        int pixel = k % shape.pixels();
        int x = k / shape.pixels() * 9 + shape.column(pixel);
        int y = shape.row(pixel);
        for (int channel = 0; channel < 3; channel++) {
          int value = k * channels + Math.min(channel, channels - 1);
          int grey = levels == 2 || (x + y) % 2 == 0 ? 64 : 96;
          int drawn = ((int) images[value]) * 255 / (levels - 1);
          assertThat(frames.get(frame).getRGB(x, y) >> (16 - 8 * channel) & 0xff)
              .as("frame %d, (%d, %d), channel %d", frame, x, y, channel)
              .isEqualTo(order.place(pixel) < frame ? drawn : grey);
        }
      }
    }
  }

  /// Of 4,096 colours each gets one that is less than an eighth of the scale away.
  @Test
  void coloursThatAreTooManyAreShownByOthersNearThem() throws IOException {
    var shape = new ImageShape(64, 64, 3, 256);
    float[] images = new float[shape.values()];
    for (int pixel = 0; pixel < shape.pixels(); pixel++) {
      images[3 * pixel] = pixel / 256 * 16;
      images[3 * pixel + 1] = pixel / 16 % 16 * 16;
      images[3 * pixel + 2] = pixel % 16 * 16;
    }
    ImageSheet sheet = new ImageSheet(shape, 1, 1, 1);
    BufferedImage last = frames(sheet, images, 1, PixelOrder.raster(shape)).getLast();
    assertThat(last.getRGB(0, 0)).as("the gap").isEqualTo(0xff606060);
    for (int pixel = 0; pixel < shape.pixels(); pixel++) {
      int shown = last.getRGB(1 + pixel % 64, 1 + pixel / 64);
      for (int channel = 0; channel < 3; channel++) {
        assertThat((shown >> (16 - 8 * channel) & 0xff) - images[3 * pixel + channel])
            .as("pixel %d, channel %d", pixel, channel)
            .isBetween(-31f, 31f);
      }
    }
  }
}
