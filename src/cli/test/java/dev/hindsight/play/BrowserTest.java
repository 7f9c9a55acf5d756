package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.SimpleFileServer;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.train.StoredRun;
import dev.hindsight.verify.Sight;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.interactions.Actions;

/// The real page in a real browser.
@Tag("slow")
class BrowserTest {
  private static final int SIDE = ImageShape.MNIST.width();
  private static final ModelConfig WAVENET = new WaveNetConfig(ImageShape.MNIST, 4, 5, 5);

  @TempDir private static Path temp;
  private static final List<StoredRun> RUNS = new ArrayList<>();
  private static PlayServer server;
  private static ChromeDriver browser;

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

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.quit();
    }
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void fresh() {
    visit(server.address());
    Chromium.console(browser);
  }

  @AfterEach
  void theConsoleIsEmpty() {
    assertThat(Chromium.console(browser)).isEmpty();
  }

  private static void visit(String address) {
    browser.get("about:blank");
    browser.get(address);
    until(() -> "yes".equals(script("return document.documentElement.dataset.ready")));
  }

  private static Object script(String script, Object... arguments) {
    return browser.executeScript(script, arguments);
  }

  /// Waits for what is to happen; a limit of all tests ends what never does.
  private static void until(BooleanSupplier holds) {
    while (!holds.getAsBoolean()) {
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private static WebElement id(String id) {
    return browser.findElement(By.id(id));
  }

  /// Sets a field as a user would, whatever its kind.
  private static void set(String field, Object value) {
    script(
        "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
            + "e.dispatchEvent(new Event('input', {bubbles: true}));",
        field,
        value);
  }

  /// Has the models go on, and waits until all is drawn and shown.
  ///
  /// @return the pixels of the pictures of a model
  private static List<String> drawn(String model) {
    id("go").click();
    return shown(model);
  }

  private static List<String> shown(String model) {
    return shown(model, ImageShape.MNIST);
  }

  private static List<String> shown(String model, ImageShape shape) {
    String pictures = "article[data-model='%s'] .completion canvas:first-child".formatted(model);
    until(
        () ->
            !browser.findElements(By.cssSelector(pictures)).isEmpty()
                && browser.findElements(By.cssSelector(pictures)).stream()
                    .allMatch(
                        c ->
                            String.valueOf(c.getDomAttribute("data-pixels")).length()
                                == shape.values()));
    return browser.findElements(By.cssSelector(pictures)).stream()
        .map(c -> String.valueOf(c.getDomAttribute("data-pixels")))
        .toList();
  }

  @Test
  void aSeedIsAPictureAndAnAddressToo() {
    browser.findElements(By.cssSelector("#digits button")).get(2).click();
    set("speed", 6);
    set("count", 2);
    List<String> first = drawn("0");
    assertThat(first).hasSize(2).doesNotHaveDuplicates();
    set("seed", 5);
    List<String> other = drawn("0");
    assertThat(other).doesNotContainAnyElementsOf(first);
    String address = browser.getCurrentUrl();
    assertThat(address).contains("seed=5", "count=2", "from=392");
    set("seed", 0);
    assertThat(drawn("0")).isEqualTo(first);
    visit(address); // as somebody else who got it
    assertThat(shown("0")).isEqualTo(other);
    assertThat(browser.findElement(By.cssSelector(".status")).getText()).startsWith("done");
    String beginning =
        (String)
            script(
                "return document.querySelector('.completion canvas').dataset.pixels.slice(0, 392)");
    assertThat(other).allMatch(picture -> picture.startsWith(String.valueOf(beginning)));
  }

  @Test
  void drawsWithMouseAndKeysAndSaysWhatSurprises() {
    WebElement editor = id("editor");
    new Actions(browser)
        .moveToElement(editor, -40, -80)
        .clickAndHold()
        .moveByOffset(80, 0)
        .moveByOffset(0, 60)
        .release()
        .perform();
    assertThat(id("from-value").getText()).matches("1[0-9]"); // below the last row with ink
    until(() -> browser.findElement(By.cssSelector(".own")).isDisplayed());
    assertThat(browser.findElement(By.cssSelector(".own figcaption")).getText())
        .containsPattern("[0-9.]+ nats, [0-9.]+ bits");
    id("clear").click();
    assertThat(browser.getCurrentUrl()).doesNotContain("given=");
    script("arguments[0].focus()", editor);
    new Actions(browser).sendKeys(Keys.ARROW_DOWN, Keys.SPACE, Keys.ARROW_RIGHT).perform();
    String where = String.valueOf(script("return arguments[0].textContent", id("editor-where")));
    assertThat(where).matches("row \\d+, column \\d+, black"); // right of what was painted
    String at = where.replaceAll("row (\\d+), column (\\d+), black", "$1, column $2");
    int pixel = Integer.parseInt(at.replaceAll(",.*", "")) * SIDE;
    pixel += Integer.parseInt(at.replaceAll(".* ", ""));
    set("speed", 6);
    new Actions(browser).sendKeys("g").perform(); // goes on from the cursor, in mid-row
    assertThat(id("from-value").getText()).isEqualTo(at);
    String picture = shown("0").getFirst();
    assertThat(picture.substring(0, pixel)).isEqualTo("0".repeat(pixel - 1) + "1");
  }

  @Test
  void modelsStandSideBySideAndAPaceCanBeChosen() {
    for (WebElement box : browser.findElements(By.cssSelector("#models input"))) {
      if (!box.isSelected()) {
        box.click();
      }
    }
    browser.findElements(By.cssSelector("#digits button")).get(1).click();
    set("speed", 0);
    id("go").click();
    until(() -> id("step").isDisplayed());
    until(
        () -> {
          id("step").click();
          return browser
              .findElement(By.cssSelector(".status"))
              .getText()
              .matches("pixel 39[3-9] of 784|pixel [4-7].*");
        });
    set("speed", 6);
    for (String model : List.of("0", "1", "2")) {
      assertThat(shown(model)).hasSize(4);
    }
    browser.findElement(By.cssSelector("input[value=surprise]")).click();
    assertThat(id("scale").getText()).contains("nats or more");
    Chromium.shoot(browser, "draw");
    Chromium.dark(browser, true);
    Chromium.shoot(browser, "draw-dark");
    Chromium.dark(browser, false);
  }

  /// Drawn, kept in the address and looked at as digits are.
  @Test
  void takesImagesThatAreNoSquares() throws Exception {
    ImageShape wide = new ImageShape(5, 11);
    StoredRun run = PlayedRuns.make(temp.resolve("wide"), new WaveNetConfig(wide, 4, 3, 3));
    try (PlayServer other = PlayedRuns.serve(List.of(run))) {
      visit(other.address());
      browser.findElements(By.cssSelector("#digits button")).get(2).click();
      set("speed", 6);
      set("count", 2);
      id("go").click();
      List<String> first = shown("0", wide);
      assertThat(first).hasSize(2);
      String address = browser.getCurrentUrl();
      assertThat(address).contains("from=22");
      visit(address);
      assertThat(shown("0", wide)).isEqualTo(first);
      id("tab-sight").click();
      WebElement card = cards().getFirst();
      assertThat(card.getSize().getWidth() / (double) card.getSize().getHeight())
          .isBetween(2.1, 2.3);
      until(() -> String.valueOf(card.getDomAttribute("data-kinds")).length() == wide.pixels());
      int pixel = Integer.parseInt(String.valueOf(card.getDomAttribute("data-pixel")));
      String kinds = String.valueOf(card.getDomAttribute("data-kinds"));
      Sight sight = measured(run);
      for (int p = 0; p < wide.pixels(); p++) {
        char want = p == pixel || sight.sees(pixel, p) ? 's' : p < pixel ? 'b' : 'l';
        assertThat(kinds.charAt(p)).as("pixel %d", p).isEqualTo(want);
      }
      Chromium.shoot(browser, "wide");
    }
  }

  @Test
  void showsPixelsInTheColoursOfTheRun() throws Exception {
    ImageShape colours = new ImageShape(6, 5, 3, 4);
    StoredRun run = PlayedRuns.make(temp.resolve("colours"), new WaveNetConfig(colours, 4, 3, 3));
    try (PlayServer other = PlayedRuns.serve(List.of(run))) {
      visit(other.address());
      set("speed", 6);
      set("count", 1);
      id("go").click();
      String levels = shown("0", colours).getFirst();
      List<?> shown =
          (List<?>)
              script(
                  "return [...document.querySelector('.completion canvas').getContext('2d')"
                      + ".getImageData(0, 0, 5, 6).data]");
      for (int value = 0; value < colours.values(); value++) {
        Object light = shown.get(colours.pixel(value) * 4 + colours.channel(value));
        assertThat(light).as("value %d", value).isEqualTo((levels.charAt(value) - '0') * 85L);
      }
      id("tab-sight").click();
      until(() -> browser.findElements(By.cssSelector("#sights .bars")).size() == 3);
      Chromium.shoot(browser, "colours");
    }
  }

  /// What is lit is what poisoning the model's pixels finds, and what the tape finds lies within.
  @Test
  void pointsAtWhatAPixelMaySee() {
    id("tab-sight").click();
    List<WebElement> cards = cards();
    int row = 12;
    int column = 9;
    WebElement first = cards.getFirst();
    double cell = first.getSize().getWidth() / (double) SIDE;
    new Actions(browser)
        .moveToElement(
            first,
            (int) ((column + 0.5 - SIDE / 2.0) * cell),
            (int) ((row + 0.5 - SIDE / 2.0) * cell))
        .perform();
    int pixel = row * SIDE + column;
    for (int k = 0; k < RUNS.size(); k++) {
      WebElement card = cards.get(k);
      until(
          () ->
              String.valueOf(pixel).equals(card.getDomAttribute("data-pixel"))
                  && !String.valueOf(card.getDomAttribute("data-measured")).isEmpty());
      String kinds = String.valueOf(card.getDomAttribute("data-kinds"));
      String measured = String.valueOf(card.getDomAttribute("data-measured"));
      Sight sight = measured(RUNS.get(k));
      for (int p = 0; p < 784; p++) {
        char want = p == pixel ? 's' : sight.sees(pixel, p) ? 's' : p < pixel ? 'b' : 'l';
        assertThat(kinds.charAt(p)).as("model %d, pixel %d", k, p).isEqualTo(want);
        assertThat(measured.charAt(p) == '0' || sight.sees(pixel, p)).isTrue();
      }
    }
    new Actions(browser).click().perform(); // where the pointer is
    id("sight-after").click();
    until(() -> verdicts().stream().allMatch(v -> v.startsWith("Flipping pixel " + (pixel + 1))));
    assertThat(verdicts())
        .allMatch(v -> v.contains("did not change a single bit") && v.contains("exactly 0"));
    script("arguments[0].focus()", first);
    new Actions(browser).sendKeys(Keys.ARROW_LEFT, Keys.ARROW_LEFT).perform(); // the one before it
    until(() -> verdicts().stream().allMatch(v -> v.startsWith("Flipping pixel " + (pixel - 1))));
    assertThat(verdicts().getFirst()).contains("changed the probability of white");
    Chromium.shoot(browser, "sight");
    Chromium.dark(browser, true);
    Chromium.shoot(browser, "sight-dark");
    Chromium.dark(browser, false);
  }

  private static List<WebElement> cards() {
    return browser.findElements(By.cssSelector("#sights canvas"));
  }

  private static List<String> verdicts() {
    return browser.findElements(By.cssSelector("#sights .verdict")).stream()
        .map(WebElement::getText)
        .toList();
  }

  private static Sight measured(StoredRun run) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = run.load(backend)) {
      return Sight.measured(backend, model);
    }
  }

  @Test
  void showsEveryDrawingAndFitsANarrowWindow() {
    script("document.getElementById('tab-draw').focus()");
    new Actions(browser).sendKeys(Keys.ARROW_LEFT).perform(); // round to the last room
    until(() -> browser.findElements(By.cssSelector("#book img")).size() > 15);
    script("document.querySelectorAll('#book img').forEach((i) => (i.loading = 'eager'))");
    until(
        () ->
            Boolean.TRUE.equals(
                script(
                    "return [...document.querySelectorAll('#book img')].every((i) => i.complete &&"
                        + " i.naturalWidth > 0)")));
    Chromium.shoot(browser, "structure");
    Chromium.narrow(browser, true);
    for (String room : List.of("structure", "sight", "draw")) {
      id("tab-" + room).click();
      assertThat((Boolean) script("return document.documentElement.scrollWidth <= innerWidth"))
          .as("%s needs no scrolling sideways", room)
          .isTrue();
    }
    Chromium.shoot(browser, "draw-narrow");
    Chromium.narrow(browser, false);
  }

  @Test
  void whatIsWrongIsALineOnThePage() throws Exception {
    Path gone = temp.resolve("gone");
    StoredRun run = PlayedRuns.make(gone, WAVENET);
    try (PlayServer other = PlayedRuns.serve(List.of(run))) {
      visit(other.address());
      Files.delete(gone.resolve("model.safetensors"));
      id("go").click();
      until(
          () ->
              browser
                  .findElement(By.cssSelector(".status"))
                  .getText()
                  .contains("model.safetensors"));
    }
    id("go").click();
    until(
        () -> browser.findElement(By.cssSelector(".status")).getText().contains("does not answer"));
    assertThat(Chromium.console(browser))
        .allMatch(line -> line.contains("Failed to load resource"));
  }

  @Test
  void anExportedPagePlaysWithoutAServerOfOurs() throws Exception {
    Path out = temp.resolve("export");
    for (Path folder : Export.folders(out)) {
      Files.createDirectories(folder);
    }
    Export.write(RUNS.subList(0, 1), () -> Backends.open("cpu"), out, _ -> {});
    browser.findElements(By.cssSelector("#digits button")).get(1).click();
    set("speed", 6);
    List<String> live = drawn("0");
    var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var files =
        SimpleFileServer.createFileServer(
            loopback, out.toRealPath(), SimpleFileServer.OutputLevel.NONE);
    files.start();
    try {
      visit("http://127.0.0.1:%d/".formatted(files.getAddress().getPort()));
      browser.findElements(By.cssSelector("#digits button")).get(1).click();
      set("speed", 6);
      assertThat(drawn("0")).isEqualTo(live);
      id("tab-sight").click();
      until(() -> !String.valueOf(cards().getFirst().getDomAttribute("data-measured")).isEmpty());
      id("tab-structure").click();
      until(() -> browser.findElements(By.cssSelector("#book img")).size() > 15);
      until(
          () -> script("return document.querySelector('#book img').naturalWidth > 0").equals(true));
      browser.get("about:blank"); // a drawing that is still on its way is wanted no more
    } finally {
      files.stop(0);
    }
  }
}
