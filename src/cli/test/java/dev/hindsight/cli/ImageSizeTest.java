package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import dev.hindsight.train.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A run on images of another size than digits have, from their files to the sheet; and what such a
/// run says to images of other sizes.
class ImageSizeTest {
  private static final ImageShape SMALL = new ImageShape(5, 7);
  private static final ImageShape TURNED = new ImageShape(7, 5); // as many pixels

  @TempDir private static Path shared;
  private static Path data;
  private static Path turned;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    data = IdxBytes.folder(shared.resolve("small"), SMALL, 24, 10);
    turned = IdxBytes.folder(shared.resolve("turned"), TURNED, 24, 10);
    run = shared.resolve("run");
    train(run, 1);
  }

  private static void train(Path into, int epochs) {
    command(
            "train wavenet --preset tiny --schedule constant --validation 0 --epochs %s --data %s --run %s",
            epochs, data, into)
        .ok();
  }

  private static Cli command(String line, Object... values) {
    return Cli.here(line + " --backend cpu", values);
  }

  @Test
  void isKeptByTheRun() {
    assertThat(RunConfig.read(run.resolve("config.json")).model().shape()).isEqualTo(SMALL);
  }

  @Test
  void isThatOfTheSheets() throws IOException {
    var sheet = ImageIO.read(run.resolve("samples.png").toFile());
    assertThat(sheet.getWidth()).isEqualTo(2 + 5 * (7 * 4 + 2));
    assertThat(sheet.getHeight()).isEqualTo(2 + 5 * (5 * 4 + 2));
    Path gif = shared.resolve("sheet.gif");
    command("sample %s --count 3 --gif %s", run, gif).ok();
    assertThat(ImageIO.read(gif.toFile()).getHeight()).isEqualTo(2 + 5 * 4 + 2);
    command("complete %s --test 0,1 --count 2 --rows 4", run).ok();
    sheet = ImageIO.read(run.resolve("completions.png").toFile());
    assertThat(sheet.getWidth()).isEqualTo(2 + 3 * (7 * 4 + 2));
    for (int y = 2; y < 2 + 4 * 4; y++) { // the rows that are kept
      for (int x = 2; x < 2 + 7 * 4; x++) {
        assertThat(sheet.getRGB(x + 30, y)).isEqualTo(sheet.getRGB(x, y));
      }
    }
    command("complete %s --test 0 --rows 5", run).mistake("from 0 to 4 but is 5");
  }

  @Test
  void isWhatBitsAreDividedBy() {
    var said = Json.parse("evaluate", command("evaluate %s --json", run).ok().out());
    double nats = said.path("nll_nats").doubleValue();
    assertThat(said.path("bits_per_dim").doubleValue())
        .isCloseTo(nats / (35 * Math.log(2)), within(1e-12));
  }

  @Test
  void resumesToTheSameBits() throws IOException {
    Path whole = shared.resolve("whole");
    Path stopped = shared.resolve("stopped");
    train(whole, 2);
    train(stopped, 1);
    command("train wavenet --resume --epochs 2 --run %s", stopped).ok();
    for (String file : new String[] {"model.safetensors", "samples.png"}) {
      assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  @Test
  void otherImagesAreRefusedInALine() {
    command("evaluate %s --data %s", run, turned).mistake("images of 7x5", "of 5x7");
    command("complete %s --test 0 --data %s", run, turned).mistake("images of 7x5");
    command("train wavenet --resume --epochs 9 --run %s --data %s", run, turned)
        .mistake("is for images of 5x7", "has images of 7x5");
  }

  @Test
  void bothPartsOfASetHaveTheSame() throws IOException {
    Path mixed = IdxBytes.folder(shared.resolve("mixed"), SMALL, 24, 10);
    String test = "t10k-images-idx3-ubyte";
    Files.copy(turned.resolve(test), mixed.resolve(test), StandardCopyOption.REPLACE_EXISTING);
    command("train made --data %s --run %s", mixed, shared.resolve("none"))
        .mistake("training images of 5x7 but test images of 7x5");
    assertThat(shared.resolve("none")).doesNotExist();
  }
}
