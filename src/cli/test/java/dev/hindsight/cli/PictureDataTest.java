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

  private static Cli command(String line, Object... values) {
    return Cli.here(line + " --backend cpu", values);
  }

  @Test
  void aRunKeepsHowItsPicturesWereRead() throws IOException {
    Path folder = pictures("set", 12, 0xffff00);
    Path run = temp.resolve("run");
    String line = "train made --size 6x5 --levels 2 --channels 1 --background 000000 --fit contain";
    String more = " --schedule constant --epochs 1 --batch 4 --hidden 8 --data %s --run %s";
    command(line + more, folder, run).ok();
    RunConfig config = RunConfig.read(run.resolve("config.json"));
    assertThat(config.data().name()).isEqualTo(folder.toString());
    assertThat(config.data().pictures())
        .isEqualTo(new PictureOptions(6, 5, 1, "000000", Fit.CONTAIN));
    assertThat(config.data().split()).isEqualTo("test: 1 in 10, drawn by seed 0");
    assertThat(config.model().shape()).isEqualTo(new ImageShape(6, 5));
    command("evaluate %s", run).ok();
    command("train made --run %s --resume --epochs 2", run).ok();
    Path others = pictures("others", 30, 0xffffff);
    command("evaluate %s --data %s", run, others).ok();
    command("complete %s --count 1 --given %s", run, others.resolve("0.png")).ok();
    command("train made --run %s --resume --data %s", run, others)
        .mistake("--data " + others + " has other images than the run's " + folder);
  }

  @Test
  void whatIsWrongIsOneLine() throws IOException {
    Path folder = pictures("set", 12, 0xffff00);
    Path run = temp.resolve("run");
    write(folder.resolve("x.png"), 13, 0);
    String line = "train made --run %s --data %s";
    command(line, run, folder).mistake("x.png: has 13x13 pixels but 0.png has 12x12");
    command(line + " --size big", run, folder).mistake("--size is 'big'; expected N");
    command("train made --run %s --fit cover", run).mistake("--fit needs --size");
    command("train made --run %s --fit crop", run).mistake("expected one of [COVER, CONTAIN]");
    command("train made --run %s --size 8", run)
        .mistake("--size applies to a folder of pictures, and mnist10k");
    Files.writeString(folder.resolve("3.png"), "hello");
    command(line + " --size 8", run, folder).mistake("3.png: is no picture; give a");
    assertThat(run).doesNotExist();
  }
}
