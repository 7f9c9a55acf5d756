package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.format.Json;
import dev.hindsight.format.Png;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.Runs;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import dev.hindsight.train.RunFolder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `sample` and `complete`, on a model that is small and knows nothing.
@Tag("slow")
class SampleCommandTest {
  @TempDir private static Path shared;
  @TempDir private Path temp;

  @BeforeAll
  static void train() {
    Dataset data = Datasets.open("mnist10k", Split.TRAIN).first(64);
    Recipe recipe = Recipe.of(1, 32, 1e-2f).startingFromMeans();
    MadeConfig made = MadeConfig.random(ImageShape.MNIST, 24, 2, RandomKey.of(1));
    RunConfig config = Runs.config(made, recipe, new RunData("mnist10k", data.sha256(), 0));
    try (Backend backend = Backends.open("cpu");
        RunFolder folder = RunFolder.create(shared.resolve("run"))) {
      Runs.train(backend, folder, config, data, data);
    }
  }

  private Cli command(String line) {
    return Cli.here(
        line.replace("RUN", shared.resolve("run").toString()).replace("TEMP", temp.toString())
            + " --backend cpu");
  }

  private static BufferedImage image(Path file) throws IOException {
    return ImageIO.read(file.toFile());
  }

  /// Row and column of the top left pixel of an image on a sheet.
  private static boolean white(BufferedImage sheet, int row, int column, int pixel) {
    int x = 2 + column * 114 + pixel % 28 * 4;
    int y = 2 + row * 114 + pixel / 28 * 4;
    return (sheet.getRGB(x, y) & 0xff) == 255;
  }

  @Test
  void sampleAsJsonIsOneLineAndSaysWhatWasDone() {
    Cli fast = command("sample RUN --count 3 --out TEMP/a.png --json");
    Cli naive = command("sample RUN --count 3 --out TEMP/b.png --json --naive");
    fast.ok();
    naive.ok();
    var json = Json.parse("out", fast.out());
    assertThat(json.propertyNames())
        .containsExactly(
            "model",
            "backend",
            "images",
            "classes",
            "seconds",
            "multiply_adds_per_image",
            "multiply_adds_per_forward");
    assertThat(json.path("model").stringValue()).isEqualTo("made");
    assertThat(json.path("backend").stringValue()).isEqualTo("cpu");
    assertThat(json.path("images").intValue()).isEqualTo(3);
    assertThat(json.path("seconds").doubleValue()).isPositive();
    long forward = json.path("multiply_adds_per_forward").longValue();
    assertThat(json.path("multiply_adds_per_image").longValue()).isEqualTo(forward);
    var slow = Json.parse("out", naive.out());
    assertThat(slow.path("multiply_adds_per_image").longValue()).isEqualTo(784 * forward);
    assertThat(temp.resolve("a.png")).hasSameBinaryContentAs(temp.resolve("b.png"));
  }

  @Test
  void manyImagesBeginLikeFew() throws IOException {
    command("sample RUN --count 5 --out TEMP/few.png").ok();
    command("sample RUN --count 300 --out TEMP/many.png").ok();
    BufferedImage few = image(temp.resolve("few.png"));
    BufferedImage many = image(temp.resolve("many.png"));
    assertThat(many.getHeight()).isEqualTo(2 + 60 * 114);
    for (int y = 0; y < few.getHeight(); y++) {
      for (int x = 0; x < few.getWidth(); x++) {
        assertThat(many.getRGB(x, y)).isEqualTo(few.getRGB(x, y));
      }
    }
    int different = 0; // image 0 and image 150, the first of the second batch
    for (int pixel = 0; pixel < 784; pixel++) {
      different += white(many, 0, 0, pixel) == white(many, 30, 0, pixel) ? 0 : 1;
    }
    assertThat(different).as("pixels in which two batches differ").isGreaterThan(10);
  }

  @Test
  void theGifGrowsToTheSheet() throws IOException {
    Cli ran = command("sample RUN --count 2 --out TEMP/s.png --gif TEMP/s.gif");
    ran.ok();
    assertThat(ran.out()).contains("2 images in ", " images/s): ", "s.png and ", "s.gif");
    BufferedImage sheet = image(temp.resolve("s.png"));
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (var in = ImageIO.createImageInputStream(temp.resolve("s.gif").toFile())) {
      reader.setInput(in);
      assertThat(reader.getNumImages(true)).isEqualTo(57);
      for (int frame : new int[] {0, 20, 56}) {
        BufferedImage now = reader.read(frame);
        assertThat(now.getWidth()).isEqualTo(sheet.getWidth());
        for (int pixel = 0; pixel < 784; pixel++) {
          boolean drawn = pixel < frame * 14;
          assertThat(white(now, 0, 1, pixel))
              .as("frame %d pixel %d", frame, pixel)
              .isEqualTo(drawn && white(sheet, 0, 1, pixel));
        }
      }
      String text =
          new String(
              Files.readAllBytes(temp.resolve("s.gif")), 0, 1000, StandardCharsets.ISO_8859_1);
      assertThat(text).contains("NETSCAPE2.0");
    }
  }

  private Path givenPng(int width, int height) throws IOException {
    byte[] grey = new byte[width * height];
    for (int k = 0; k < grey.length; k++) {
      grey[k] = (byte) (k % 3 == 1 ? 255 : 0);
    }
    return Files.write(temp.resolve("given.png"), Png.encode(width, height, 1, grey));
  }

  @Test
  void completionsBeginWithTheGivenRows() throws IOException {
    givenPng(28, 28);
    Cli ran =
        command("complete RUN --given TEMP/given.png --rows 5 --count 3 --out" + " TEMP/c.png");
    ran.ok();
    BufferedImage sheet = image(temp.resolve("c.png"));
    assertThat(sheet.getWidth()).isEqualTo(2 + 4 * 114);
    int different = 0;
    for (int pixel = 0; pixel < 784; pixel++) {
      assertThat(white(sheet, 0, 0, pixel)).isEqualTo(pixel % 3 == 1);
      for (int column = 1; column < 4; column++) {
        if (pixel < 5 * 28) {
          assertThat(white(sheet, 0, column, pixel)).isEqualTo(pixel % 3 == 1);
        }
        different += white(sheet, 0, column, pixel) == white(sheet, 0, 1, pixel) ? 0 : 1;
      }
    }
    assertThat(different).as("completions differ").isPositive();
    Cli twice =
        command(
            "complete --given TEMP/given.png --given TEMP/given.png RUN --count 1"
                + " --out TEMP/twice.png");
    assertThat(twice.ok().out()).startsWith("2 completions of 2 images in ");
    Cli test = command("complete RUN --test 0,5,9 --count 2 --out TEMP/t.png");
    assertThat(test.ok().out()).startsWith("6 completions of 3 images in ");
    assertThat(image(temp.resolve("t.png")).getHeight()).isEqualTo(2 + 3 * 114);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "complete RUN|give either files with --given or numbers with --test",
        "complete RUN --test 0 --given TEMP/x.png|give either files with --given or numbers",
        "complete RUN --given TEMP/x.png --data mnist10k|--data needs --test; give both, or leave"
            + " out",
        "complete RUN --test 99999|--test must be from 0 to 999 but has 99999",
        "complete RUN --test 0 --rows 28|--rows must be from 0 to 27 but is 28",
        "complete RUN --test 0 --count 0|--count must be at least 1",
        "complete RUN --test 0 --temperature 0|--temperature must be a number above 0 but is 0.0",
        "complete RUN --given TEMP/none.png|none.png: cannot be read (no such file or folder)",
        "complete RUN --given TEMP/text.png|text.png: is no picture; give a PNG, JPEG, GIF or BMP",
        "complete RUN --given TEMP/given.png|given.png: has 1 x 8193 pixels; give a PNG, JPEG, GIF or BMP of at most 8192",
        "complete RUN --test 0 --invert|--invert needs --given; give both, or leave out",
        "sample RUN --count 401 --gif TEMP/a.gif|--gif takes at most 400 images but --count is 401",
        "sample RUN --out /tmp|--out must be a file but /tmp is a folder; add a file name",
        "sample RUN --out TEMP|is a folder; add a file name",
        "sample RUN --out /dev/null|--out: cannot replace /dev/null, which is a pipe or a device",
        "sample RUN --out TEMP/no/a.png|--out: cannot write ",
        "sample RUN --gif TEMP/no/a.gif|no; create it",
        "sample RUN --out TEMP/a.png --gif TEMP/./a.png|--gif and --out are both ",
        "complete RUN --test 0 --out /tmp|--out must be a file but /tmp is a folder",
        "complete --given TEMP/none.png RUN|none.png: cannot be read",
        "sample RUN --count 10001|--count must be from 1 to 10000 but is 10001",
      })
  void mistakesAreOneLine(String line, String part) throws IOException {
    givenPng(1, 8193);
    Files.writeString(temp.resolve("text.png"), "no image");
    command(line).mistake(part);
  }
}
