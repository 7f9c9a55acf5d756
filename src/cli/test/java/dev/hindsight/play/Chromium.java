package dev.hindsight.play;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.hindsight.image.ImageShape;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;

/// Debian's Chromium without a screen. Nothing is downloaded: where it is not installed, what needs
/// it is left out and says so.
public final class Chromium implements AutoCloseable {
  private static final Path SHOTS = Path.of("src", "cli", "target", "screenshots");
  private static final Dimension WIDE = new Dimension(1280, 1000);
  private static final int MOST_HEIGHT = 6000;

  private final ChromeDriver driver;

  private Chromium(ChromeDriver driver) {
    this.driver = driver;
  }

  public static Chromium open() {
    Path driver = find("chromedriver");
    Path browser = find("chromium");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(browser.toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox", // it does not run as root with one
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking");
    options.setCapability("goog:loggingPrefs", Map.of("browser", "ALL"));
    var service = new ChromeDriverService.Builder().usingDriverExecutable(driver.toFile()).build();
    ChromeDriver opened = new ChromeDriver(service, options);
    opened.manage().window().setSize(WIDE);
    return new Chromium(opened);
  }

  private static Path find(String name) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    Optional<Path> found =
        Arrays.stream(path.split(File.pathSeparator))
            .map(folder -> Path.of(folder, name))
            .filter(Files::isExecutable)
            .findFirst();
    if (found.isEmpty()) {
      String words =
          "LEFT OUT: the page was not opened in a browser, there is no %s; install chromium and chromium-driver"
              .formatted(name);
      System.err.println(words);
      abort(words);
    }
    return found.orElseThrow();
  }

  @Override
  public void close() {
    driver.quit();
  }

  /// What the browser's console says.
  public List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  void leave() {
    driver.get("about:blank");
  }

  /// Opens the page afresh, and waits until it is there.
  public void visit(String address) {
    leave();
    driver.get(address);
    until(() -> "yes".equals(script("return document.documentElement.dataset.ready")));
  }

  String address() {
    return String.valueOf(driver.getCurrentUrl());
  }

  public Object script(String script, Object... arguments) {
    return driver.executeScript(script, arguments);
  }

  /// Waits for what is to happen; a limit of all tests ends what never does.
  public static void until(BooleanSupplier holds) {
    while (!holds.getAsBoolean()) {
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  public Actions actions() {
    return new Actions(driver);
  }

  WebElement id(String id) {
    return driver.findElement(By.id(id));
  }

  public List<WebElement> all(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  /// The text of the first that is found.
  public String text(String selector) {
    return driver.findElement(By.cssSelector(selector)).getText();
  }

  /// Sets a field as a user would, whatever its kind.
  void set(String field, Object value) {
    script(
        "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
            + "e.dispatchEvent(new Event('input', {bubbles: true}));",
        field,
        value);
  }

  /// Has the models go on, and waits until all is drawn and shown.
  ///
  /// @return the pixels of the pictures of a model
  List<String> drawn(String model, ImageShape shape) {
    id("go").click();
    return shown(model, shape);
  }

  /// The same of what goes on already.
  List<String> shown(String model, ImageShape shape) {
    String pictures = "article[data-model='%s'] .completion canvas:first-child".formatted(model);
    until(
        () ->
            !all(pictures).isEmpty()
                && all(pictures).stream()
                    .allMatch(c -> data(c, "pixels").length() == shape.values()));
    return all(pictures).stream().map(c -> data(c, "pixels")).toList();
  }

  /// What an element tells programs.
  static String data(WebElement element, String name) {
    return String.valueOf(element.getDomAttribute("data-" + name));
  }

  /// The receptive fields.
  List<WebElement> cards() {
    return all("#sights canvas");
  }

  public void dark(boolean on) {
    var scheme = Map.of("name", "prefers-color-scheme", "value", on ? "dark" : "light");
    driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of(scheme)));
  }

  /// Makes the window so narrow that it is as a telephone's.
  public void narrow(boolean on) {
    if (on) {
      driver.executeCdpCommand(
          "Emulation.setDeviceMetricsOverride",
          Map.of("width", 375, "height", 844, "deviceScaleFactor", 1, "mobile", true));
    } else {
      driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    }
  }

  /// The whole page, kept where the build leaves what it made.
  public void shoot(String name) {
    Number height = (Number) driver.executeScript("return document.documentElement.scrollHeight");
    Number width = (Number) driver.executeScript("return window.innerWidth");
    var metrics =
        Map.<String, Object>of(
            "width",
            width.intValue(),
            "height",
            Math.min(MOST_HEIGHT, height.intValue()),
            "deviceScaleFactor",
            1,
            "mobile",
            false);
    driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", metrics);
    byte[] png = driver.getScreenshotAs(OutputType.BYTES);
    driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    try {
      Files.createDirectories(SHOTS);
      Files.write(SHOTS.resolve(name + ".png"), png);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
