package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.train.StoredRun;
import dev.hindsight.verify.Sight;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.WebElement;

/// The page of runs whose images are no digits.
@Tag("slow")
class BrowserShapesTest {
  @TempDir private static Path temp;
  @AutoClose private static Chromium browser;

  @BeforeAll
  static void open() {
    browser = Chromium.open();
  }

  @AfterEach
  void theConsoleIsEmpty() {
    assertThat(browser.console()).isEmpty();
  }

  /// Drawn, kept in the address and looked at as digits are.
  @Test
  void takesImagesThatAreNoSquares() throws Exception {
    ImageShape wide = new ImageShape(5, 11);
    StoredRun run = PlayedRuns.make(temp.resolve("wide"), new WaveNetConfig(wide, 4, 3, 3));
    try (PlayServer other = PlayedRuns.serve(List.of(run))) {
      browser.visit(other.address());
      browser.all("#digits button").get(2).click();
      browser.set("speed", 6);
      browser.set("count", 2);
      browser.id("go").click();
      List<String> first = browser.shown("0", wide);
      assertThat(first).hasSize(2);
      String address = browser.address();
      assertThat(address).contains("from=22");
      browser.visit(address);
      assertThat(browser.shown("0", wide)).isEqualTo(first);
      browser.id("tab-sight").click();
      WebElement card = browser.cards().getFirst();
      assertThat(card.getSize().getWidth() / (double) card.getSize().getHeight())
          .isBetween(2.1, 2.3);
      Chromium.until(() -> Chromium.data(card, "kinds").length() == wide.pixels());
      int pixel = Integer.parseInt(Chromium.data(card, "pixel"));
      String kinds = Chromium.data(card, "kinds");
      Sight sight = PlayedRuns.sight(run);
      for (int p = 0; p < wide.pixels(); p++) {
        char want = p == pixel || sight.sees(pixel, p) ? 's' : p < pixel ? 'b' : 'l';
        assertThat(kinds.charAt(p)).as("pixel %d", p).isEqualTo(want);
      }
      browser.shoot("wide");
    }
  }

  @Test
  void showsPixelsInTheColoursOfTheRun() throws Exception {
    ImageShape colours = new ImageShape(6, 5, 3, 4);
    StoredRun run = PlayedRuns.make(temp.resolve("colours"), new WaveNetConfig(colours, 4, 3, 3));
    try (PlayServer other = PlayedRuns.serve(List.of(run))) {
      browser.visit(other.address());
      browser.set("speed", 6);
      browser.set("count", 1);
      browser.id("go").click();
      String levels = browser.shown("0", colours).getFirst();
      List<?> shown =
          (List<?>)
              browser.script(
                  "return [...document.querySelector('.completion canvas').getContext('2d')"
                      + ".getImageData(0, 0, 5, 6).data]");
      for (int value = 0; value < colours.values(); value++) {
        Object light = shown.get(colours.pixel(value) * 4 + colours.channel(value));
        assertThat(light).as("value %d", value).isEqualTo((levels.charAt(value) - '0') * 85L);
      }
      browser.id("tab-sight").click();
      Chromium.until(() -> browser.all("#sights .bars").size() == 3);
      WebElement image = browser.all("#sight-image option").getFirst();
      assertThat(image.getText()).isEqualTo("digit 1"); // there is no data set to take images from
      browser.shoot("colours");
      browser.dark(true);
      browser.narrow(true);
      for (String room : List.of("structure", "draw", "sight")) {
        browser.id("tab-" + room).click();
        assertThat(browser.script("return document.documentElement.scrollWidth <= innerWidth"))
            .as("%s needs no scrolling sideways", room)
            .isEqualTo(true);
      }
      browser.shoot("colours-narrow-dark");
      browser.id("tab-structure").click();
      Chromium.until(() -> browser.all("#book section").size() == 11);
      List<String> sources = browser.all("#book .small").stream().map(WebElement::getText).toList();
      String drawn = "Drawn from colours, for images of 6x5x3 of 4 levels.";
      assertThat(sources).filteredOn(drawn::equals).hasSize(2); // the model and its channels
      browser.narrow(false);
      browser.dark(false);
    }
  }
}
