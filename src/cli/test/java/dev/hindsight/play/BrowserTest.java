package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Metrics;
import dev.hindsight.train.StoredRun;
import dev.hindsight.verify.Sight;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/// The real page in a real browser.
@Tag("slow")
class BrowserTest {
  private static final int SIDE = ImageShape.MNIST.width();
  private static final ModelConfig WAVENET = new WaveNetConfig(ImageShape.MNIST, 4, 5, 5);

  @TempDir private static Path temp;
  private static final List<StoredRun> RUNS = new ArrayList<>();
  @AutoClose private static PlayServer server;
  @AutoClose private static Chromium browser;

  @BeforeAll
  static void open() throws Exception {
    browser = Chromium.open();
    RUNS.add(PlayedRuns.make(temp.resolve("wavenet"), WAVENET));
    RUNS.add(
        PlayedRuns.make(
            temp.resolve("pixelcnn"), new PixelCnnConfig(ImageShape.MNIST, 3, 4, 3, 0, false)));
    RUNS.add(
        PlayedRuns.make(
            temp.resolve("gated"),
            new GatedPixelCnnConfig(ImageShape.MNIST, 3, 3, 5, false, false)));
    server = PlayedRuns.serve(RUNS);
  }

  @BeforeEach
  void fresh() {
    browser.visit(server.address());
    browser.console();
  }

  @AfterEach
  void theConsoleIsEmpty() {
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void aSeedIsAPictureAndAnAddressToo() {
    browser.all("#digits button").get(2).click();
    browser.set("speed", 6);
    browser.set("count", 2);
    List<String> first = browser.drawn("0", ImageShape.MNIST);
    assertThat(first).hasSize(2).doesNotHaveDuplicates();
    browser.set("seed", 5);
    List<String> other = browser.drawn("0", ImageShape.MNIST);
    assertThat(other).doesNotContainAnyElementsOf(first);
    String address = browser.address();
    assertThat(address).contains("seed=5", "count=2", "from=392");
    browser.set("seed", 0);
    assertThat(browser.drawn("0", ImageShape.MNIST)).isEqualTo(first);
    browser.visit(address); // as somebody else who got it
    assertThat(browser.shown("0", ImageShape.MNIST)).isEqualTo(other);
    assertThat(browser.text(".status")).startsWith("done");
    String beginning =
        (String)
            browser.script(
                "return document.querySelector('.completion canvas').dataset.pixels.slice(0, 392)");
    assertThat(other).allMatch(picture -> picture.startsWith(String.valueOf(beginning)));
  }

  @Test
  void drawsWithMouseAndKeysAndSaysWhatSurprises() {
    WebElement editor = browser.id("editor");
    browser
        .actions()
        .moveToElement(editor, -40, -80)
        .clickAndHold()
        .moveByOffset(80, 0)
        .moveByOffset(0, 60)
        .release()
        .perform();
    assertThat(browser.id("from-value").getText()).matches("1[0-9]"); // below the last row with ink
    Chromium.until(() -> browser.all(".own").getFirst().isDisplayed());
    assertThat(browser.text(".own figcaption")).containsPattern("[0-9.]+ nats, [0-9.]+ bits");
    browser.id("clear").click();
    assertThat(browser.address()).doesNotContain("given=");
    browser.script("arguments[0].focus()", editor);
    browser.actions().sendKeys(Keys.ARROW_DOWN, Keys.SPACE, Keys.ARROW_RIGHT).perform();
    String where =
        String.valueOf(
            browser.script("return arguments[0].textContent", browser.id("editor-where")));
    assertThat(where).matches("row \\d+, column \\d+, black"); // right of what was painted
    String at = where.replaceAll("row (\\d+), column (\\d+), black", "$1, column $2");
    int pixel = Integer.parseInt(at.replaceAll(",.*", "")) * SIDE;
    pixel += Integer.parseInt(at.replaceAll(".* ", ""));
    browser.set("speed", 6);
    browser.actions().sendKeys("g").perform(); // goes on from the cursor, in mid-row
    assertThat(browser.id("from-value").getText()).isEqualTo(at);
    String picture = browser.shown("0", ImageShape.MNIST).getFirst();
    assertThat(picture.substring(0, pixel)).isEqualTo("0".repeat(pixel - 1) + "1");
  }

  @Test
  void modelsStandSideBySideAndAPaceCanBeChosen() {
    for (WebElement box : browser.all("#models input")) {
      if (!box.isSelected()) {
        box.click();
      }
    }
    browser.all("#digits button").get(1).click();
    browser.set("speed", 0);
    browser.id("go").click();
    Chromium.until(() -> browser.id("step").isDisplayed());
    Chromium.until(
        () -> {
          browser.id("step").click();
          return browser.text(".status").matches("pixel 39[3-9] of 784|pixel [4-7].*");
        });
    browser.set("speed", 6);
    for (String model : List.of("0", "1", "2")) {
      assertThat(browser.shown(model, ImageShape.MNIST)).hasSize(4);
    }
    browser.all("input[value=surprise]").getFirst().click();
    assertThat(browser.id("scale").getText()).contains("nats or more");
    browser.shoot("draw");
    browser.dark(true);
    browser.shoot("draw-dark");
    browser.dark(false);
  }

  @Test
  void theBestOfManyAreChosen(@TempDir Path folder) throws Exception {
    List<StoredRun> runs = new ArrayList<>();
    for (double nats : new double[] {91, 79, 0, 85, 77}) { // 0: not known
      Path run = folder.resolve("of " + nats);
      runs.add(PlayedRuns.make(run, WAVENET));
      if (nats > 0) {
        try (Metrics metrics = Metrics.open(run.resolve("metrics.jsonl"), ImageShape.MNIST)) {
          metrics.add(new Metric(Metric.Kind.TEST, 1, 9, nats, 1e-3, 1000, 1, Double.NaN));
        }
      }
    }
    try (PlayServer many = PlayedRuns.serve(runs)) {
      browser.visit(many.address());
      assertThat(browser.all("#models input").stream().map(WebElement::isSelected))
          .containsExactly(false, true, false, true, true);
      assertThat(browser.text("#models")).contains("of 77.0, 77.0 nats");
    }
  }

  /// What is lit is what poisoning the model's pixels finds, and what the tape finds lies within.
  @Test
  void pointsAtWhatAPixelMaySee() {
    browser.id("tab-sight").click();
    List<WebElement> cards = browser.cards();
    int row = 12;
    int column = 9;
    WebElement first = cards.getFirst();
    double cell = first.getSize().getWidth() / (double) SIDE;
    browser
        .actions()
        .moveToElement(
            first,
            (int) ((column + 0.5 - SIDE / 2.0) * cell),
            (int) ((row + 0.5 - SIDE / 2.0) * cell))
        .perform();
    int pixel = row * SIDE + column;
    for (int k = 0; k < RUNS.size(); k++) {
      WebElement card = cards.get(k);
      Chromium.until(
          () ->
              Chromium.data(card, "pixel").equals("" + pixel)
                  && !Chromium.data(card, "measured").isEmpty());
      String kinds = Chromium.data(card, "kinds");
      String measured = Chromium.data(card, "measured");
      Sight sight = PlayedRuns.sight(RUNS.get(k));
      for (int p = 0; p < 784; p++) {
        char want = p == pixel ? 's' : sight.sees(pixel, p) ? 's' : p < pixel ? 'b' : 'l';
        assertThat(kinds.charAt(p)).as("model %d, pixel %d", k, p).isEqualTo(want);
        assertThat(measured.charAt(p) == '0' || sight.sees(pixel, p)).isTrue();
      }
    }
    browser.actions().click().perform(); // where the pointer is
    browser.id("sight-after").click();
    Chromium.until(
        () -> verdicts().stream().allMatch(v -> v.startsWith("Flipping pixel " + (pixel + 1))));
    assertThat(verdicts())
        .allMatch(v -> v.contains("did not change a single bit") && v.contains("exactly 0"));
    browser.script("arguments[0].focus()", first);
    browser.actions().sendKeys(Keys.ARROW_LEFT, Keys.ARROW_LEFT).perform(); // the one before it
    Chromium.until(
        () -> verdicts().stream().allMatch(v -> v.startsWith("Flipping pixel " + (pixel - 1))));
    assertThat(verdicts().getFirst()).contains("changed the probability of white");
    browser.shoot("sight");
    browser.dark(true);
    browser.shoot("sight-dark");
    browser.dark(false);
  }

  private static List<String> verdicts() {
    return browser.all("#sights .verdict").stream().map(WebElement::getText).toList();
  }

  @Test
  void showsEveryDrawingAndFitsANarrowWindow() {
    browser.script("document.getElementById('tab-draw').focus()");
    browser.actions().sendKeys(Keys.ARROW_LEFT).perform(); // round to the last room
    Chromium.until(() -> browser.all("#book img").size() > 15);
    browser.script("document.querySelectorAll('#book img').forEach((i) => (i.loading = 'eager'))");
    Chromium.until(
        () ->
            Boolean.TRUE.equals(
                browser.script(
                    "return [...document.querySelectorAll('#book img')].every((i) => i.complete &&"
                        + " i.naturalWidth > 0)")));
    browser.shoot("structure");
    browser.narrow(true);
    for (String room : List.of("structure", "sight", "draw")) {
      browser.id("tab-" + room).click();
      assertThat(
              (Boolean) browser.script("return document.documentElement.scrollWidth <= innerWidth"))
          .as("%s needs no scrolling sideways", room)
          .isTrue();
    }
    browser.id("go").click(); // what it draws is below the controls, out of sight
    Chromium.until(
        () ->
            Boolean.TRUE.equals(
                browser.script(
                    "return document.getElementById('results').getBoundingClientRect().top < 100")));
    browser.shoot("draw-narrow");
    browser.narrow(false);
  }

  @Test
  void whatIsWrongIsALineOnThePage() throws Exception {
    Path gone = temp.resolve("gone");
    StoredRun run = PlayedRuns.make(gone, WAVENET);
    try (PlayServer other = PlayedRuns.serve(List.of(run))) {
      browser.visit(other.address());
      Files.delete(gone.resolve("model.safetensors"));
      browser.id("go").click();
      Chromium.until(() -> browser.text(".status").contains("model.safetensors"));
    }
    browser.id("go").click();
    Chromium.until(() -> browser.text(".status").contains("does not answer"));
    assertThat(browser.console()).allMatch(line -> line.contains("Failed to load resource"));
  }
}
