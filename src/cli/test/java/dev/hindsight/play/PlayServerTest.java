package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.train.Models;
import dev.hindsight.train.StoredRun;
import dev.hindsight.verify.Sight;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// The server without a browser, over loopback.
class PlayServerTest {
  private static final int PIXELS = ImageShape.MNIST.pixels();

  @TempDir private static Path temp;
  @AutoClose private static PlayClient client;
  @AutoClose private static PlayServer server;
  private static List<StoredRun> runs;

  @BeforeAll
  static void start() throws IOException {
    runs = PlayedRuns.two(temp);
    server = PlayedRuns.serve(runs);
    client = PlayClient.of(server);
  }

  @Test
  void theSameSeedIsTheSamePictureAsOnTheCommandLine() throws Exception {
    for (String model : List.of("0", "1")) {
      String first = PlayClient.drawn(client.draw(PlayClient.request(model, 7)));
      String other = PlayClient.drawn(client.draw(PlayClient.request(model, 8)));
      String again = PlayClient.drawn(client.draw(PlayClient.request(model, 7)));
      assertThat(again).isEqualTo(first).isNotEqualTo(other);
      assertThat(first).isEqualTo(sampled(runs.get(Integer.parseInt(model)), 7));
    }
  }

  /// All weights are finite, what they add up to is not: JSON has no number for it.
  @ParameterizedTest
  @ValueSource(ints = {0, 392})
  void logitsThatOverflowEndADrawingWithOneLine(int from) throws Exception {
    var config = new WaveNetConfig(ImageShape.MNIST, 4, 3, 3);
    Path folder = temp.resolve("large" + from);
    StoredRun run = PlayedRuns.make(folder, config);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, RandomKey.of(1))) {
      backend.fill(model.parameters().flat().value(), Float.MAX_VALUE);
      Models.save(backend, model, folder.resolve("model.safetensors"));
    }
    Map<String, Object> request = PlayClient.request("0", 7);
    request.put("from", from);
    try (PlayServer large = PlayedRuns.serve(List.of(run));
        PlayClient asking = PlayClient.of(large)) {
      assertThat(asking.draw(request))
          .contains("event: failed\ndata: {\"error\":\"image 0, row ")
          .contains("the model's logit is ")
          .doesNotContain("event: done")
          .doesNotContainPattern("\\[[^]]*(NaN|Infinity)");
    }
  }

  private static String sampled(StoredRun run, long seed) {
    float[] half = LevelText.levels(PlayClient.HALF);
    float[] known = new float[2 * PIXELS];
    System.arraycopy(half, 0, known, 0, PIXELS);
    System.arraycopy(half, 0, known, PIXELS, PIXELS);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = run.load(backend)) {
      var plan =
          new BatchSampler.Plan(
              2, 1, RandomKey.of(seed).fold("samples"), 392, BatchSampler.Strategy.BEST, true);
      try (BatchSampler sampler = new BatchSampler(backend, model, plan)) {
        float[] images = sampler.draw(0, known, _ -> {});
        StringBuilder text = new StringBuilder();
        for (int p = 392; p < PIXELS; p++) {
          text.append((int) images[p]).append((int) images[PIXELS + p]);
        }
        return text.toString();
      }
    }
  }

  @Test
  void tellsWhatAPixelMaySeeAndFelt() throws Exception {
    byte[] sets =
        client
            .http()
            .send(client.request("api/sight/1").build(), BodyHandlers.ofByteArray())
            .body();
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = runs.get(1).load(backend)) {
      assertThat(sets).isEqualTo(Sight.measured(backend, model).bytes());
    }
    String body = Json.line(Map.of("model", "1", "image", PlayClient.HALF, "pixel", 400));
    JsonNode answer = Json.parse("answer", client.ask("api/sees", body).body());
    int felt = 0;
    for (int p = 0; p < PIXELS; p++) {
      double gradient = answer.path("gradient").path(p).doubleValue();
      boolean seen = (sets[400 * 98 + p / 8] >> p % 8 & 1) == 1;
      felt += gradient == 0 ? 0 : 1;
      assertThat(gradient == 0 || seen).as("pixel %d", p).isTrue();
    }
    assertThat(felt).isBetween(5, 9); // a receptive field of 2 + 1 + 2 + 4
    JsonNode odds = Json.parse("answer", client.ask("api/surprise", body).body()).path("odds");
    assertThat(odds.size()).isEqualTo(PIXELS);
    assertThat(odds.path(400).doubleValue()).isEqualTo(answer.path("odds").doubleValue());
  }

  @Test
  void servesThePageItsDrawingsAndNothingElse() throws Exception {
    HttpResponse<String> page = client.get("");
    assertThat(page.body()).contains("<title>Hindsight");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .startsWith("default-src 'none'; script-src 'self'")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(page.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
    for (String name : Page.files().keySet()) {
      assertThat(client.get(name).statusCode()).as(name).isEqualTo(200);
    }
    JsonNode models = Json.parse("answer", client.get("api/models").body());
    assertThat(models.path("models").path(1).path("model").stringValue()).isEqualTo("wavenet");
    assertThat(models.path("beginnings").size()).isEqualTo(10);
    for (String name : List.of("../pom.xml", "%2e%2e/pom.xml", "drawings/x.svg", "api/sight/9")) {
      assertThat(client.get(name).statusCode()).as(name).isEqualTo(404);
    }
    HttpResponse<String> head =
        client
            .http()
            .send(
                client.request("main.js").method("HEAD", BodyPublishers.noBody()).build(),
                BodyHandlers.ofString());
    assertThat(head.statusCode()).isEqualTo(200);
    HttpResponse<String> put =
        client
            .http()
            .send(client.request("").PUT(BodyPublishers.noBody()).build(), BodyHandlers.ofString());
    assertThat(put.statusCode()).isEqualTo(405);
  }

  @Test
  void runsOfOtherSizesAreOneLine() throws Exception {
    List<StoredRun> two =
        List.of(
            PlayedRuns.make(temp.resolve("high"), new WaveNetConfig(new ImageShape(9, 2), 3, 1, 1)),
            PlayedRuns.make(temp.resolve("low"), new WaveNetConfig(new ImageShape(2, 9), 3, 1, 1)));
    assertThatThrownBy(() -> PlayedRuns.serve(two))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("high draws images of 9x2 and ")
        .hasMessageContaining("low images of 2x9; name runs of the same image size");
    var large = new WaveNetConfig(new ImageShape(65, 64), 3, 1, 1);
    List<StoredRun> one = List.of(PlayedRuns.make(temp.resolve("large"), large));
    assertThatThrownBy(() -> PlayedRuns.serve(one))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("at most 4096 pixels");
  }

  /// It is opened when it is first asked for; what is open stays so.
  @Test
  void aRunThatIsRemovedIsOneLineOrPlaysOn() throws Exception {
    Path early = temp.resolve("early");
    Path late = temp.resolve("late");
    var config = MadeConfig.random(ImageShape.MNIST, 10, 1, RandomKey.of(2));
    List<StoredRun> two = List.of(PlayedRuns.make(early, config), PlayedRuns.make(late, config));
    try (PlayServer other = PlayedRuns.serve(two);
        PlayClient asking = PlayClient.of(other)) {
      assertThat(PlayClient.drawn(asking.draw(PlayClient.request("1", 1)))).isNotEmpty();
      Files.delete(early.resolve("model.safetensors"));
      Files.delete(late.resolve("model.safetensors"));
      assertThat(asking.draw(PlayClient.request("0", 1)))
          .contains("event: failed\n")
          .contains("model.safetensors");
      assertThat(PlayClient.drawn(asking.draw(PlayClient.request("1", 1)))).isNotEmpty();
    }
  }
}
