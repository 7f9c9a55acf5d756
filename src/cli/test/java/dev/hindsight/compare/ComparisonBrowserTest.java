package dev.hindsight.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.play.Chromium;
import dev.hindsight.quality.Estimate;
import dev.hindsight.quality.Quality;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/// The page as people use it.
@Tag("slow")
class ComparisonBrowserTest {
  @Test
  void sortsByAnyColumnAndFitsANarrowWindow(@TempDir Path folder) {
    Estimate figure = new Estimate(0.25, 0.2, 0.3);
    Quality.Row row = new Quality.Row(figure, figure, figure, figure, figure, figure);
    Quality quality =
        new Quality(
            1000, 3, 0, "a classifier", 0.99, row, List.of(new Quality.Samples(0, row, figure)));
    List<ComparedRun> runs = new ArrayList<>(ComparisonTest.RUNS); // made, then lstm
    ComparedRun last = runs.getLast();
    runs.add(
        new ComparedRun(
            last.config(),
            1_000_000,
            last.epochs().subList(0, 2),
            Optional.empty(),
            1,
            last.sheet(),
            List.of(),
            Optional.of(quality)));
    Path page = folder.resolve("index.html");
    ComparisonPage.write(page, folder.resolve("table.md"), "Two models.", runs);
    try (Chromium browser = Chromium.open()) {
      browser.visit(page.toUri().toString());
      assertThat(parameters(browser)).containsExactly("3,706,640", "68,737", "1,000,000");
      WebElement head = browser.all(".wide th button").get(1);
      head.click();
      assertThat(parameters(browser)).containsExactly("68,737", "1,000,000", "3,706,640");
      browser.script("arguments[0].focus()", head);
      browser.actions().sendKeys(Keys.ENTER).perform();
      assertThat(parameters(browser)).containsExactly("3,706,640", "1,000,000", "68,737");
      assertThat(browser.all(".wide th[aria-sort=descending]")).hasSize(1);
      browser.all(".wide th button").get(9).click(); // Fréchet distance, which two have none of
      assertThat(parameters(browser)).startsWith("1,000,000");

      assertThat(browser.text(".u-legend")).contains("images", "made", "lstm");
      browser.all("input[value=seconds]").getFirst().click();
      assertThat(browser.text(".u-legend")).contains("seconds");
      browser.narrow(true);
      assertThat(browser.script("return document.documentElement.scrollWidth <= window.innerWidth"))
          .isEqualTo(true);
      browser.dark(true);
      browser.shoot("compare-narrow-dark");
      assertThat(browser.console()).isEmpty();
    }
  }

  private static List<String> parameters(Chromium browser) {
    return browser.all(".wide td:nth-child(2)").stream().map(WebElement::getText).toList();
  }
}
