package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `--symmetries`, `--orders` and `--order` from training to drawing.
@Tag("slow")
class OrdersTest {
  /// Of the images, which are square: eight symmetries.
  private static final int SIDE = 12;

  @TempDir private static Path shared;
  @TempDir private Path temp;

  @BeforeAll
  static void train() throws IOException {
    Path data = IdxBytes.folder(shared.resolve("data"), new ImageShape(SIDE, SIDE), 60, 30);
    String made = "train made --preset tiny --epochs 1 --batch 10 --backend cpu --data %s --run %s";
    Cli.here(made, data, shared.resolve("run1")).ok();
    for (String symmetries : List.of("2", "8")) {
      String line = "train transformer --width 8 --layers 1 --heads 2 --dropout 0.1 --epochs 1";
      String more = " --batch 10 --backend cpu --symmetries %s --data %s --run %s";
      Path run = shared.resolve("runS" + symmetries);
      Cli ran = Cli.here(line + more, symmetries, data, run).ok();
      assertThat(ran.out()).contains(symmetries + " raster orders, symmetries of the image");
    }
  }

  private Cli command(String line) {
    return Cli.here(
        line.replace("RUN", shared.resolve("run").toString()).replace("TEMP", temp.toString())
            + " --backend cpu");
  }

  private JsonNode evaluated(String options) {
    Cli ran = command(("evaluate RUNS2 --json " + options).strip()).ok();
    return JsonMapper.shared().readTree(ran.out());
  }

  /// By Jensen an ensemble is no worse than the mean of its members.
  @Test
  void anEnsembleIsTheMeanOfAllThatWereTrained() {
    JsonNode all = evaluated("");
    JsonNode one = evaluated("--orders 1");
    assertThat(all.path("protocol").path("orders").asInt()).isEqualTo(2);
    assertThat(one.path("protocol").path("orders").asInt()).isEqualTo(1);
    assertThat(all.path("nll_nats").asDouble()).isNotEqualTo(one.path("nll_nats").asDouble());
    assertThat(all).isEqualTo(evaluated("--orders 2"));
  }

  @Test
  void imagesAreDrawnInAnOrder() throws IOException {
    List<byte[]> sheets = new ArrayList<>();
    for (String order : List.of("0", "2", "2 --steps", "2 --naive")) {
      Path out = temp.resolve("sheet.png");
      command("sample RUNS8 --count 2 --out TEMP/sheet.png --gif TEMP/a.gif --order " + order).ok();
      sheets.add(Files.readAllBytes(out));
    }
    assertThat(sheets.get(0)).isNotEqualTo(sheets.get(1));
    assertThat(sheets.get(2)).isEqualTo(sheets.get(1));
    assertThat(sheets.get(3)).isEqualTo(sheets.get(1));
  }

  /// Whichever side is given stays, in an order that has it first, by each way of drawing.
  @Test
  void eachSideOfAnImageIsCompleted() throws IOException {
    for (String side : List.of("bottom", "left --order 6", "right", "top")) {
      List<byte[]> sheets = new ArrayList<>();
      for (String way : List.of("", " --naive")) {
        String line = "complete RUNS8 --test 3,5 --rows 8 --count 1 --out TEMP/c.png --side ";
        command(line + side + way).ok();
        sheets.add(Files.readAllBytes(temp.resolve("c.png")));
      }
      assertThat(sheets.get(1)).isEqualTo(sheets.get(0));
      BufferedImage sheet = ImageIO.read(temp.resolve("c.png").toFile());
      int same = 0;
      for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
        int row = pixel / SIDE;
        int column = pixel % SIDE;
        boolean equal =
            sheet.getRGB(at(sheet, 0, column), at(sheet, 0, row))
                == sheet.getRGB(at(sheet, 1, column), at(sheet, 0, row));
        boolean given =
            switch (side) {
              case "bottom" -> row >= 4;
              case "right" -> column >= 4;
              case "top" -> row < 8;
              default -> column < 8;
            };
        assertThat(equal || !given).as("%s: %d, %d", side, row, column).isTrue();
        same += equal ? 1 : 0;
      }
      assertThat(same).isLessThan(SIDE * SIDE); // a fresh model draws noise
    }
  }

  /// In a sheet of two columns of images, which lie two pixels apart.
  private static int at(BufferedImage sheet, int image, int pixel) {
    int scale = (sheet.getWidth() - 6) / (2 * SIDE);
    return 2 + image * (SIDE * scale + 2) + pixel * scale;
  }

  @Test
  void symmetriesAreOrdersEverywhereElse() {
    command("sample RUNS2 --count 2 --out TEMP/s.png --order 1").ok();
    command("verify RUNS8").ok();
    Path run = shared.resolve("runS2");
    Cli.here("train transformer --backend cpu --run %s --resume --symmetries 2", run)
        .mistake("all 1 epochs are done already");
    Cli.here("train transformer --backend cpu --run %s --resume --symmetries 4", run)
        .mistake("--symmetries 4 differs from the run's 2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "evaluate RUNS2 --orders 4|--orders must be at most 2, the orders that",
        "evaluate RUNS2 --orders 0|--orders must be at least 1 but is 0",
        "evaluate RUN1 --orders 2|run1 predicts in raster order only; leave it out",
        "sample RUNS2 --order 2|--order must be from 0 to 1, the orders it was trained in, but is 2",
        "sample RUNS2 --order -1|--order must be from 0 to 1",
        "complete RUN1 --test 3 --side left|--side left: ",
        "complete RUNS2 --test 3 --side left|runS2 was trained with --symmetries 2, which wants 8",
        "complete RUNS2 --test 3 --order 1|--order 1 does not have the top first; leave it out",
        "complete RUNS8 --test 3 --side right --rows 12|--rows must be from 0 to 11 but is 12",
        "complete RUN1 --test 3 --order 1|--order 1: this made predicts in raster order (0) only",
      })
  void anOrderThatWasNotTrainedIsOneLine(String line, String part) {
    command(line).mistake(part);
  }
}
