package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.data.Fit;
import dev.hindsight.data.PictureOptions;
import dev.hindsight.image.ImageShape;
import dev.hindsight.train.RunConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A run on a folder of pictures, from the command line.
class PictureDataTest {
  private static final String HOME = "user.home";

  @TempDir private Path temp;

  private final String home = System.getProperty(HOME);

  /// The cache is there.
  @BeforeEach
  void moveHome() {
    System.setProperty(HOME, temp.resolve("home").toString());
  }

  @AfterEach
  void moveBack() {
    System.setProperty(HOME, home);
  }

  private static void write(Path file, int side, int rgb) throws IOException {
    var image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int x = 0; x < side; x++) {
      image.setRGB(x, x, rgb);
    }
    ImageIO.write(image, "png", file.toFile());
  }

  private Path pictures(String name, int side, int rgb) throws IOException {
    Path folder = Files.createDirectory(temp.resolve(name));
    for (int k = 0; k < 20; k++) {
      write(folder.resolve(k + ".png"), side, rgb);
    }
    return folder;
  }

  private static void ok(Cli cli) {
    assertThat(cli.exit()).as(cli.toString()).isZero();
  }

  private static Cli train(String run, String... more) {
    String[] words = {"train", "made", "--backend", "cpu", "--run", run};
    String[] all = Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return Cli.here(all);
  }

  @Test
  void aRunKeepsHowItsPicturesWereRead() throws IOException {
    String folder = pictures("set", 12, 0xffff00).toString();
    String run = temp.resolve("run").toString();
    String[] words = {
      "--data",
      folder,
      "--size",
      "6x5",
      "--levels",
      "2",
      "--channels",
      "1",
      "--background",
      "000000",
      "--fit",
      "contain",
      "--schedule",
      "constant",
      "--epochs",
      "1",
      "--batch",
      "4",
      "--hidden",
      "8"
    };
    ok(train(run, words));
    RunConfig config = RunConfig.read(Path.of(run, "config.json"));
    assertThat(config.data().name()).isEqualTo(folder);
    assertThat(config.data().pictures())
        .isEqualTo(new PictureOptions(6, 5, 1, "000000", Fit.CONTAIN));
    assertThat(config.data().split()).isEqualTo("test: 1 in 10, drawn by seed 0");
    assertThat(config.model().shape()).isEqualTo(new ImageShape(6, 5));
    ok(Cli.here("evaluate", run, "--backend", "cpu"));
    ok(train(run, "--resume", "--epochs", "2"));
    String others = pictures("others", 30, 0xffffff).toString();
    ok(Cli.here("evaluate", run, "--backend", "cpu", "--data", others));
    String given = others + "/0.png";
    ok(Cli.here("complete", run, "--backend", "cpu", "--count", "1", "--given", given));
    Cli.mistake(
        train(run, "--resume", "--data", others),
        "--data " + others + " has other images than the run's " + folder);
  }

  @Test
  void whatIsWrongIsOneLine() throws IOException {
    Path folder = pictures("set", 12, 0xffff00);
    String run = temp.resolve("run").toString();
    write(folder.resolve("x.png"), 13, 0);
    Cli.mistake(train(run, "--data", "" + folder), "x.png: has 13x13 pixels but 0.png has 12x12");
    Cli.mistake(train(run, "--data", "" + folder, "--size", "big"), "--size is 'big'; expected N");
    Cli.mistake(train(run, "--fit", "cover"), "--fit needs --size");
    Cli.mistake(train(run, "--fit", "crop"), "expected one of [COVER, CONTAIN]");
    Cli.mistake(train(run, "--size", "8"), "--size applies to a folder of pictures, and mnist10k");
    Files.writeString(folder.resolve("3.png"), "hello");
    Cli.mistake(train(run, "--data", "" + folder, "--size", "8"), "3.png: is no picture; give a");
    assertThat(Path.of(run)).doesNotExist();
  }
}
