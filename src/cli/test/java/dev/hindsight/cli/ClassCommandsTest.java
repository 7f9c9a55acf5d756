package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.Json;
import dev.hindsight.quality.Quality;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Commands that draw a class or say which one it is, of a run that tells lying stripes from
/// standing ones.
class ClassCommandsTest {
  @TempDir private static Path shared;
  @TempDir private Path temp;

  private static Path run = Path.of("");
  private static Path always = Path.of(""); // saw the class of every image
  private static Path plain = Path.of(""); // knows no classes

  @BeforeAll
  static void train() throws IOException {
    run = StripedRun.train(shared, 2, 0.2f);
    always = StripedRun.train(shared, 2, 0);
    plain = StripedRun.train(shared, 0, 0);
  }

  /// How often a pixel is what stripes of a class have there, of images on a sheet.
  private static double share(Path sheet, int from, int to, int columns, int label)
      throws IOException {
    var picture = ImageIO.read(sheet.toFile());
    var layout = ImageSheet.of(StripedRun.SHAPE, columns);
    int cell = StripedRun.SHAPE.width() * layout.scale() + layout.gap();
    int row = StripedRun.SHAPE.height() * layout.scale() + layout.gap();
    int fits = 0;
    int all = 0;
    for (int image = from; image < to; image++) {
      for (int y = 0; y < StripedRun.SHAPE.height(); y++) {
        for (int x = 0; x < StripedRun.SHAPE.width(); x++) {
          int left = layout.gap() + image % columns * cell + x * layout.scale();
          int top = layout.gap() + image / columns * row + y * layout.scale();
          boolean bright = (picture.getRGB(left, top) & 0xff) > 127;
          fits += bright == ((label == 0 ? y : x) % 2 == 0) ? 1 : 0;
          all++;
        }
      }
    }
    return (double) fits / all;
  }

  @Test
  void drawsTheClassThatIsAskedFor() throws IOException {
    Path sheet = temp.resolve("sheet.png");
    for (int label = 0; label < 2; label++) {
      Cli.here("sample %s --backend cpu --class %s --count 10 --out %s", run, label, sheet).ok();
      assertThat(share(sheet, 0, 10, 5, label)).isGreaterThan(0.8);
      assertThat(share(sheet, 0, 10, 5, 1 - label)).isLessThan(0.65);
    }
  }

  /// As training's own sheet, and its GIF.
  @Test
  void drawsARowOfEachClass() throws IOException {
    Path sheet = temp.resolve("sheet.png");
    Path gif = temp.resolve("sheet.gif");
    String line = "sample %s --backend cpu --seed 5 --out %s";
    Cli cli = Cli.here(line + " --gif %s", run, sheet, gif).ok();
    assertThat(cli.lines().getFirst()).startsWith("10 images in ");
    assertThat(cli.lines().getLast()).isEqualTo("rows, from above: 0, 1");
    assertThat(share(sheet, 0, 5, 5, 0)).isGreaterThan(0.8);
    assertThat(share(sheet, 5, 10, 5, 1)).isGreaterThan(0.8);
    var trained = ImageIO.read(run.resolve("samples.png").toFile());
    assertThat(trained.getHeight()).isEqualTo(ImageSheet.of(StripedRun.SHAPE).height(10));
    assertThat(share(run.resolve("samples.png"), 5, 10, 5, 1)).isGreaterThan(0.8);
    assertThat(ImageIO.read(gif.toFile()).getHeight()).isEqualTo(trained.getHeight());
    byte[] usual = Files.readAllBytes(sheet);
    Cli.here(line + " --class all --count 5", run, sheet).ok();
    assertThat(sheet).hasBinaryContent(usual);
    JsonNode json =
        Json.parse("", Cli.here(line + " --class all --count 3 --json", run, sheet).ok().out());
    assertThat(json.path("images").intValue()).isEqualTo(6);
    assertThat(json.path("classes").values()).map(JsonNode::stringValue).containsExactly("0", "1");
  }

  @Test
  void takesClassesByName() throws IOException {
    Path copy = TinyRun.copy(run, temp.resolve("copy"));
    RunConfig config = RunConfig.read(copy.resolve("config.json"));
    RunData data = config.data();
    var named = new RunData.Classes(List.of("lying", "standing"), data.classes().sha256());
    RunData other =
        new RunData(data.name(), data.pictures(), data.split(), data.sha256(), 0, named);
    Files.write(copy.resolve("config.json"), config.with(other).toJson());
    Path a = temp.resolve("a.png");
    Path b = temp.resolve("b.png");
    Cli.here("sample %s --backend cpu --class standing --out %s", copy, a).ok();
    Cli.here("sample %s --backend cpu --class 1 --out %s", run, b).ok();
    assertThat(a).hasSameBinaryContentAs(b);
    Cli.here("sample %s --backend cpu --class standin --out %s", copy, a)
        .mistake(
            "no class is called 'standin' (did you mean 'standing'?); there are: lying, stand");
    Cli.here("classify %s --backend cpu --out %s", copy, a)
        .mistake("has images of class '0', which", "does not know; it knows: lying, standing");
  }

  @Test
  void guidanceMakesAClassPlainer() throws IOException {
    Path sheet = temp.resolve("sheet.png");
    double[] shares = new double[2];
    for (int k = 0; k < 2; k++) {
      Cli.here(
              "sample %s --backend cpu --class 1 --count 20 --guidance %s --out %s",
              run, 3 * k, sheet)
          .ok();
      shares[k] = share(sheet, 0, 20, 5, 1);
    }
    assertThat(shares[1]).isGreaterThan(shares[0] + 0.03);
  }

  /// Plainer samples, and test images that are less likely, in one table.
  @Test
  void qualityShowsWhatGuidanceDoes() throws IOException {
    Path data = StripedRun.data(temp.resolve("more"), 90, 70);
    String line = "quality %s --data %s --classifier %s --backend cpu --out %s --guidance ";
    Path page = temp.resolve("quality.html");
    Path classifier = temp.resolve("classifier.safetensors");
    Cli text = Cli.here(line + "0,1.5", run, data, classifier, page).ok();
    assertThat(text.lines())
        .anyMatch(l -> l.matches("bits/dim of test images +test images +0\\..*"))
        .anyMatch(l -> l.matches(" +guidance 1\\.5 +0\\..*"));
    assertThat(page)
        .content()
        .contains("<td>guidance 1.5</td>", "<th>bits/dim of test images</th>")
        .contains("<h3>The first samples by guidance 1.5</h3>")
        .doesNotContain("${");
    Quality found =
        Json.record(
            Cli.here(line + "3,0 --json", run, data, classifier, page).ok().out(), Quality.class);
    Quality.Samples guided = found.samples().getFirst();
    Quality.Samples plain = found.samples().getLast();
    assertThat(guided.guidance()).isEqualTo(3);
    assertThat(found.unguided()).contains(plain.row());
    assertThat(plain.testBitsPerDim()).isEqualTo(found.testImages().bitsPerDim());
    assertThat(guided.testBitsPerDim().value()).isGreaterThan(plain.testBitsPerDim().value() + .01);
    assertThat(guided.row().bitsPerDim().value())
        .isLessThan(plain.row().bitsPerDim().value() - 0.05);
  }

  @Test
  void completesAsEachClass() throws IOException {
    Path sheet = temp.resolve("sheet.png");
    Cli cli =
        Cli.here(
                "complete %s --backend cpu --test 0,1 --rows 1 --count 3 --class all --out %s",
                run, sheet)
            .ok();
    assertThat(cli.lines().getLast()).startsWith("12 completions of 2 images in ");
    for (int image = 0; image < 2; image++) {
      int row = 7 * image;
      assertThat(share(sheet, row, row + 1, 7, image)).isGreaterThan(0.7); // what is given
      assertThat(share(sheet, row + 1, row + 4, 7, 0)).isGreaterThan(0.7);
      assertThat(share(sheet, row + 4, row + 7, 7, 1)).isGreaterThan(0.7);
    }
    Cli.here("complete %s --backend cpu --test 0 --out %s", run, sheet).ok(); // of no class
    Cli.here("complete %s --backend cpu --test 0 --class 1 --out %s", always, sheet).ok();
  }

  @Test
  void tellsClassesApart() throws IOException {
    Path sheet = temp.resolve("sheet.png");
    Cli cli = Cli.here("classify %s --backend cpu --out %s", run, sheet).ok();
    assertThat(cli.lines().getFirst()).contains(": 100.00 % of 12 images (standard error 0.00)");
    assertThat(cli.lines()).contains(" 0 6 .", " 1 . 6").anyMatch(l -> l.startsWith("evidence: "));
    assertThat(cli.lines().getLast()).isEqualTo("the most surprising ones: " + sheet);
    assertThat(ImageIO.read(sheet.toFile()).getHeight())
        .isEqualTo(ImageSheet.of(StripedRun.SHAPE).height(12));

    String line = "classify %s --backend cpu --json --images 5 --out %s";
    JsonNode json = Json.parse("", Cli.here(line, run, sheet).ok().out());
    assertThat(json.path("accuracy").doubleValue()).isOne();
    assertThat(json.path("images").intValue()).isEqualTo(5);
    assertThat(json.path("evidence_bits").doubleValue()).isGreaterThan(2);
    assertThat(json.path("surprise_bits").doubleValue()).isBetween(0.0, 0.5);
    assertThat(json.path("prior").path(0).doubleValue()).isEqualTo(0.5);
    assertThat(json.path("confusion").path(0).path(0).intValue()).isEqualTo(3);
    assertThat(json.path("confusion").path(1).path(1).intValue()).isEqualTo(2);
    assertThat(json.path("surprising").size()).isEqualTo(5);
    assertThat(json.has("baseline_accuracy")).isFalse();

    Cli both = Cli.here("classify %s --backend cpu --baseline --out %s", run, sheet).ok();
    assertThat(both.lines())
        .anyMatch(
            l ->
                l.matches(".* the class alone: [0-9.]+ %, with 2,\\d+ parameters .* 12 epochs .*"));
  }

  /// Every refusal leaves all files as they were.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sample RUN --class 2 | no class is called '2'; there are: 0, 1",
        "sample RUN --class -1 | no class is called '-1'",
        "sample RUN --guidance 1 | --guidance needs --class with a class or all; give both, or",
        "sample RUN --guidance 1 --class none | --guidance needs --class with a class or all",
        "sample RUN --guidance -1 --class 0 | --guidance must be a number from 0 but is -1.0",
        "sample RUN --guidance NaN --class 0 | --guidance must be a number from 0 but is NaN",
        "sample RUN --guidance Infinity --class 0 | --guidance must be a number from 0 but is Inf",
        "sample RUN --class all --count 5001 | --count 5001 of each class are 10002 images, of 10",
        "sample RUN --class all --count 0 | --count must be from 1 to 10000 but is 0",
        "sample ALWAYS --class 1 --guidance 1 | was trained without --class-dropout, so it has not",
        "sample ALWAYS --class none | always saw the class; train with --class-dropout, or give a",
        "sample PLAIN --class 1 | knows no classes; leave it out, or give a run that was trained",
        "sample PLAIN --class all | knows no classes; leave it out, or give a run that was trained",
        "sample PLAIN --class 1 --guidance 1 | knows no classes; leave it out, or give a run that",
        "complete PLAIN --test 0 --class 1 | knows no classes; leave it out, or give a run that",
        "complete RUN --test 0 --class 5 | no class is called '5'; there are: 0, 1",
        "complete RUN --test 0 --class all --count 5001 | completions but is 5001 for 1 image and 2",
        "complete ALWAYS --test 0 | always saw the class of an image; give --class with one of its",
        "complete ALWAYS --test 0 --class 1 --guidance 2 | was trained without --class-dropout",
        "quality PLAIN --guidance 0,1 | knows no classes; leave it out, or give a run that was tr",
        "quality ALWAYS --guidance 2 | was trained without --class-dropout, so it has not learnt",
        "quality RUN --guidance -1 | --guidance must be a number from 0 but is -1.0",
        "classify PLAIN | knows no classes; classify needs a run that was trained with --classes",
        "classify RUN --images 0 | --images must be at least 1 but is 0",
      })
  void refuses(String line, String part) throws IOException {
    Path of = line.contains(" RUN") ? run : line.contains(" ALWAYS") ? always : plain;
    Map<String, String> before = TinyRun.contents(shared);
    Cli.here(line.replaceFirst("RUN|ALWAYS|PLAIN", "%s") + " --backend cpu", of).mistake(part);
    assertThat(TinyRun.contents(shared)).isEqualTo(before);
  }

  @Test
  void refusesImagesWithoutLabels() throws IOException {
    Path data = TinyRun.copy(shared.resolve("data"), temp.resolve("data"));
    Files.delete(data.resolve("t10k-labels-idx1-ubyte"));
    Cli.here("classify %s --backend cpu --data %s --out %s", run, data, temp.resolve("s.png"))
        .mistake("has no labels; give --data with images that have, such as a folder for each");
  }
}
