package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.testing.Runs;
import dev.hindsight.train.Classification;
import dev.hindsight.train.Models;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunData;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.WebElement;

/// The page with a run that knows classes beside one that knows none.
@Tag("slow")
class BrowserClassesTest {
  private static final ImageShape SHAPE = new ImageShape(9, 7, 1, 2);
  private static final List<String> NAMES = List.of("cat", "dog", "ox");
  private static final int FROM = 21;

  @TempDir private static Path temp;
  private static StoredRun run;
  @AutoClose private static PlayServer server;
  @AutoClose private static Chromium browser;

  @BeforeAll
  static void open() throws Exception {
    browser = Chromium.open();
    run = make(temp.resolve("classes"), 0.1f);
    var plain = MadeConfig.random(SHAPE, 20, 1, RandomKey.of(2));
    server = PlayedRuns.serve(List.of(run, PlayedRuns.make(temp.resolve("plain"), plain)));
  }

  private static StoredRun make(Path folder, float classDropout) throws IOException {
    var config = MadeConfig.random(SHAPE, 20, 1, RandomKey.of(1)).with(Head.of(SHAPE), 3);
    Files.createDirectories(folder);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, RandomKey.of(11))) {
      for (Parameter p : model.parameters().all()) {
        if (p.name().startsWith("classes.")) {
          int count = Math.toIntExact(p.shape().size());
          model.parameters().write(p, Philox.uniforms(RandomKey.of(3).fold(p.name()), count));
        }
      }
      Models.save(backend, model, folder.resolve("model.safetensors"));
    }
    Recipe recipe = Recipe.of(1, 10, 1e-3f).withClassDropout(classDropout);
    RunData none = new RunData("none", "", 0);
    RunData data =
        new RunData(
            none.name(), none.pictures(), "", "", 0, new RunData.Classes(NAMES, "of labels"));
    Files.write(folder.resolve("config.json"), Runs.config(config, recipe, data).toJson());
    return StoredRun.open(folder);
  }

  /// A column of the table under a picture, by class.
  private static List<Double> column(int picture, String name) {
    WebElement table = browser.all("article[data-model='0'] .classes").get(picture);
    return table.findElements(org.openqa.selenium.By.cssSelector("tbody tr")).stream()
        .map(row -> Double.valueOf(Chromium.data(row, name)))
        .toList();
  }

  private static float[] levels(String text) {
    float[] levels = new float[text.length()];
    for (int k = 0; k < levels.length; k++) {
      levels[k] = text.charAt(k) - '0';
    }
    return levels;
  }

  /// p(class | picture) by whole passes, from the pixels and equal priors.
  private static double[] posterior(Backend backend, AutoregressiveModel model, float[] image) {
    double[] scores = new double[NAMES.size()];
    for (int y = 0; y < scores.length; y++) {
      try (Scope scope = backend.open("test")) {
        Tensor x = scope.floats(1, image.length);
        Tensor label = scope.floats(1);
        backend.write(x, image);
        backend.write(label, new float[] {y});
        Tensor nll = model.nll(new Ops(backend, scope, null), x, label);
        scores[y] = -backend.readFloats(nll)[0];
      }
    }
    return Classification.posterior(scores);
  }

  @Test
  void drawsAClassAndSaysWhichOneItSees() {
    browser.visit(server.address());
    browser.set("class", "dog");
    browser.set("speed", 6);
    browser.set("count", 2);
    List<String> drawn = browser.drawn("0", SHAPE);
    browser.shown("1", SHAPE);
    Chromium.until(() -> browser.all("article[data-model='0'] .classes").size() == 2);
    assertThat(browser.all("article[data-model='1'] .classes")).isEmpty();
    assertThat(browser.address()).contains("class=dog");
    RandomKey key = RandomKey.of(0).fold("samples");
    var dogs = new Conditioning(List.of(1, 1));
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = run.load(backend);
        BatchSampler sampler =
            new BatchSampler(
                backend, model, new Plan(2, 1, key, 0, Strategy.BEST, true, 0, dogs))) {
      float[] images = sampler.draw(0);
      for (int k = 0; k < 2; k++) {
        float[] picture = levels(drawn.get(k));
        for (int p = 0; p < picture.length; p++) {
          assertThat(picture[p]).isEqualTo(images[k * picture.length + p]);
        }
        double[] want = posterior(backend, model, picture);
        for (int y = 0; y < want.length; y++) {
          assertThat(column(k, "posterior").get(y)).isCloseTo(want[y], within(1e-4));
        }
      }
    }
    assertThat(column(0, "here")).allMatch(p -> p > 0 && p < 1).doesNotHaveDuplicates();
    fits("classes");
  }

  /// At both widths and in both themes.
  private static void fits(String name) {
    for (boolean narrow : new boolean[] {false, true}) {
      for (boolean dark : new boolean[] {false, true}) {
        browser.narrow(narrow);
        browser.dark(dark);
        assertThat(browser.script("return document.documentElement.scrollWidth <= innerWidth"))
            .isEqualTo(true);
        browser.shoot(name + (narrow ? "-375" : "") + (dark ? "-dark" : ""));
      }
    }
    browser.dark(false);
    browser.narrow(false);
    assertThat(browser.console()).isEmpty();
  }

  /// What is given counts as well, and before anything is drawn all classes are as likely.
  @Test
  void goesOnFromWhatIsGivenPixelByPixel() {
    browser.visit(server.address());
    browser.set("class", "ox");
    browser.set("count", 1);
    browser.set("speed", 0);
    browser.set("from", FROM / SHAPE.width());
    browser.id("go").click();
    Chromium.until(() -> browser.all("article[data-model='0'] .classes").size() == 1);
    browser.id("step").click();
    List<Double> first = column(0, "posterior");
    double sum = first.stream().mapToDouble(Double::doubleValue).sum();
    assertThat(sum).isCloseTo(1, within(1e-9));
    assertThat(first).doesNotHaveDuplicates();
    Chromium.until(() -> browser.text("article[data-model='0'] .status").startsWith("pixel 22 "));
    browser.id("step").click();
    assertThat(column(0, "posterior")).isNotEqualTo(first);
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void withoutClassesNothingOfThemShows() throws Exception {
    var plain = MadeConfig.random(SHAPE, 20, 1, RandomKey.of(2));
    StoredRun alone = PlayedRuns.make(temp.resolve("alone"), plain);
    try (PlayServer other = PlayedRuns.serve(List.of(alone))) {
      browser.visit(other.address());
      assertThat(browser.id("class-field").isDisplayed()).isFalse();
      assertThat(browser.id("classes-help").isDisplayed()).isFalse();
      browser.set("speed", 6);
      browser.drawn("0", SHAPE);
      assertThat(browser.all(".classes")).isEmpty();
      browser.leave();
    }
  }

  @Test
  void refusesAClassThatItDoesNotKnow() throws Exception {
    String blank = LevelText.of(new float[SHAPE.values()]);
    StoredRun always = make(temp.resolve("always"), 0);
    try (PlayServer own = PlayedRuns.serve(List.of(always));
        PlayClient client = PlayClient.of(own)) {
      var body = Map.of("model", "0", "image", blank, "class", "horse");
      var answer = client.ask("api/surprise", Json.line(body));
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(PlayClient.error(answer))
          .isEqualTo("'class' must be one of [cat, dog, ox] but is \"horse\"");
      browser.visit(own.address()); // where no image was without a class, none is to be had
      assertThat(browser.all("#class option")).map(WebElement::getText).isEqualTo(NAMES);
      var usual = client.ask("api/surprise", Json.line(Map.of("model", "0", "image", blank)));
      var cat = Map.of("model", "0", "image", blank, "class", "cat");
      assertThat(client.ask("api/surprise", Json.line(cat)).body()).isEqualTo(usual.body());
      var ox = Map.of("model", "0", "image", blank, "class", "ox");
      assertThat(client.ask("api/surprise", Json.line(ox)).body()).isNotEqualTo(usual.body());
      browser.leave();
    }
  }
}
