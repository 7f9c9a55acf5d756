package dev.hindsight.play;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;

/// Debian's Chromium without a screen. Nothing is downloaded: where it is not installed, what needs
/// it is left out and says so.
final class Chromium {
  private static final Path SHOTS = Path.of("src", "cli", "target", "screenshots");
  private static final Dimension WIDE = new Dimension(1280, 1000);
  private static final int MOST_HEIGHT = 6000;

  private Chromium() {}

  static ChromeDriver open() {
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
    return opened;
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

  /// What the browser's console says.
  static List<String> console(ChromeDriver driver) {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  static void dark(ChromeDriver driver, boolean on) {
    var scheme = Map.of("name", "prefers-color-scheme", "value", on ? "dark" : "light");
    driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of(scheme)));
  }

  /// Makes the window so narrow that it is as a telephone's.
  static void narrow(ChromeDriver driver, boolean on) {
    if (on) {
      driver.executeCdpCommand(
          "Emulation.setDeviceMetricsOverride",
          Map.of("width", 390, "height", 844, "deviceScaleFactor", 1, "mobile", true));
    } else {
      driver.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    }
  }

  /// The whole page, kept where the build leaves what it made.
  static void shoot(ChromeDriver driver, String name) {
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
