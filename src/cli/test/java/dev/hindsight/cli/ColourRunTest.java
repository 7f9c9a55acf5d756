package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.train.BuiltInModel;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A run of each model on coloured pictures of 4 and of 256 levels, from their files to the sheets.
@Tag("slow")
class ColourRunTest {
  private static final int SIDE = 6;
  private static final int CELL = SIDE * 4 + 2; // on a sheet

  @TempDir private static Path shared;

  @BeforeAll
  static void pictures() throws IOException {
    Random random = new Random(3);
    Path folder = Files.createDirectory(shared.resolve("pictures"));
    for (int k = 0; k < 40; k++) {
      var image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
        image.setRGB(pixel % SIDE, pixel / SIDE, random.nextInt(1 << 24));
      }
      ImageIO.write(image, "png", folder.resolve("%02d.png".formatted(k)).toFile());
    }
  }

  private static Cli run(String words) {
    return Cli.here(words + " --backend cpu");
  }

  private static BufferedImage sheet(Path file) throws IOException {
    BufferedImage sheet = ImageIO.read(file.toFile());
    assertThat(sheet.getRaster().getNumBands()).isEqualTo(3);
    return sheet;
  }

  private static int pixel(BufferedImage sheet, int column, int pixel) {
    return sheet.getRGB(2 + column * CELL + pixel % SIDE * 4, 2 + pixel / SIDE * 4) & 0xffffff;
  }

  @ParameterizedTest
  @EnumSource
  void learnsDrawsAndCompletesColours(BuiltInModel model) throws IOException {
    for (int levels : new int[] {4, 256}) {
      Path run = shared.resolve(model.label() + levels);
      String train = "train %s --run %s ".formatted(model.label(), run);
      run(train
              + "--preset tiny --schedule constant --epochs 1 --batch 12 --validation 0 --levels %d --data %s"
                  .formatted(levels, shared.resolve("pictures")))
          .ok();
      assertThat(sheet(run.resolve("samples.png")).getWidth()).isEqualTo(2 + 5 * CELL);
      completes(run, levels);
      assertThat(run("evaluate " + run).ok().out()).contains(" bits/dim");
      run(train + "--resume --epochs 2 --levels 8")
          .mistake("--levels 8 differs from the run's " + levels);
      run(train + "--resume --epochs 2").ok();
    }
  }

  private static void completes(Path run, int levels) throws IOException {
    Path given = shared.resolve("pictures").resolve("07.png");
    run("complete %s --given %s --rows 4 --count 2".formatted(run, given)).ok();
    BufferedImage sheet = sheet(run.resolve("completions.png"));
    BufferedImage picture = ImageIO.read(given.toFile());
    for (int k = 0; k < SIDE * SIDE; k++) {
      int quantised = 0;
      for (int shift = 16; shift >= 0; shift -= 8) {
        int value = picture.getRGB(k % SIDE, k / SIDE) >> shift & 0xff;
        quantised |= (value * levels / 256 * 255 / (levels - 1)) << shift;
      }
      assertThat(pixel(sheet, 0, k)).as("pixel %d", k).isEqualTo(quantised);
      for (int column = 1; column < 3 && k < 4 * SIDE; column++) {
        assertThat(pixel(sheet, column, k)).as("pixel %d of %d", k, column).isEqualTo(quantised);
      }
    }
  }
}
