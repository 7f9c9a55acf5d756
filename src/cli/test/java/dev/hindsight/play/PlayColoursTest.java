package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.LogisticMixtureHead;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.StoredRun;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Runs of colours and of grey levels, through the server.
class PlayColoursTest {
  private static final ImageShape COLOURS = new ImageShape(5, 7, 3, 4);
  private static final int FROM = 9;
  private static final int COUNT = 2;

  @TempDir private Path temp;

  static Stream<ModelConfig> configs() {
    return Stream.of(
        new WaveNetConfig(COLOURS, 4, 3, 3),
        new GatedPixelCnnConfig(COLOURS, new LogisticMixtureHead(3), 0, 4, 2, 3, true, false),
        new PixelCnnConfig(new ImageShape(5, 7, 1, 256), 3, 4, 3, 0, false),
        new TransformerConfig(COLOURS, 8, 1, 2, 0.1f));
  }

  private static float[] image(ImageShape shape) {
    float[] image = new float[shape.values()];
    for (int k = 0; k < image.length; k++) {
      image[k] = k * 5 % shape.levels();
    }
    return image;
  }

  /// The same levels as the sampler with this seed, and odds that add up to the model's likelihood.
  @ParameterizedTest
  @MethodSource("configs")
  void drawsWhatTheSamplerDraws(ModelConfig config) throws Exception {
    StoredRun run = PlayedRuns.make(temp.resolve("run"), config);
    int values = config.shape().values();
    int channels = config.shape().channels();
    float[] known = new float[COUNT * values];
    System.arraycopy(image(config.shape()), 0, known, 0, values);
    System.arraycopy(image(config.shape()), 0, known, values, values);
    float[] drawn = known.clone();
    double[] odds = new double[COUNT];
    for (JsonNode event : events(run)) {
      JsonNode numbers = event.path("odds");
      if (!event.has("pixel")) {
        for (int k = 0; k < numbers.size() * COUNT; k++) {
          odds[k % COUNT] += numbers.path(k / COUNT).doubleValue();
        }
        continue;
      }
      float[] levels = LevelText.levels(event.path("levels").stringValue());
      for (int k = 0; k < COUNT; k++) {
        int at = k * values + event.path("pixel").intValue() * channels;
        System.arraycopy(levels, k * channels, drawn, at, channels);
        odds[k] += numbers.path(k).doubleValue();
      }
    }
    var sampling = new Sampler.Request(COUNT, 1, RandomKey.of(7).fold("samples"));
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = run.load(backend);
        Sampler sampler = Sampler.of(backend, model, sampling);
        Scope scope = backend.open("test")) {
      sampler.give(known, FROM);
      assertThat(drawn).isEqualTo(sampler.finish());
      Tensor images = scope.floats(COUNT, values);
      backend.write(images, drawn);
      float[] nats = backend.readFloats(model.nll(new Ops(backend, scope, null), images));
      for (int k = 0; k < COUNT; k++) {
        assertThat(-odds[k]).isCloseTo(nats[k], within(1e-3 * nats[k]));
      }
    }
  }

  private static List<JsonNode> events(StoredRun run) throws Exception {
    Map<String, Object> request = new HashMap<>(PlayClient.request("0", 7));
    request.put("given", LevelText.of(image(run.config().model().shape())));
    request.put("from", FROM);
    try (PlayServer server = PlayedRuns.serve(List.of(run));
        PlayClient client = PlayClient.of(server)) {
      return Stream.of(client.draw(request).split("\n\n"))
          .filter(event -> event.contains("\"odds\""))
          .map(event -> Json.parse("event", event.substring(event.indexOf("data: ") + 6)))
          .toList();
    }
  }

  /// Bars add up to 1, a gradient stays where the pixel sees, and is left out behind a table.
  @ParameterizedTest
  @MethodSource("configs")
  void tellsTheProbabilityOfEachLevel(ModelConfig config) throws Exception {
    StoredRun run = PlayedRuns.make(temp.resolve("run"), config);
    ImageShape shape = config.shape();
    int pixel = 24;
    try (PlayServer server = PlayedRuns.serve(List.of(run));
        PlayClient client = PlayClient.of(server)) {
      String image = LevelText.of(image(shape));
      String body = Json.line(Map.of("model", "0", "image", image, "pixel", pixel));
      JsonNode answer = Json.parse("answer", client.ask("api/sees", body).body());
      double odds = 0;
      for (int c = 0; c < shape.channels(); c++) {
        JsonNode bars = answer.path("probabilities").path(c);
        assertThat(bars.size()).isEqualTo(shape.levels());
        double sum = 0;
        for (JsonNode bar : bars) {
          sum += bar.doubleValue();
        }
        assertThat(sum).isCloseTo(1, within(1e-6));
        int level = (int) image(shape)[pixel * shape.channels() + c];
        odds += Math.log(bars.path(level).doubleValue());
      }
      assertThat(answer.path("odds").doubleValue()).isCloseTo(odds, within(1e-4));
      boolean readsNumbers =
          config instanceof GatedPixelCnnConfig || config instanceof PixelCnnConfig;
      assertThat(answer.has("gradient")).isEqualTo(readsNumbers);
      int felt = 0;
      for (int p = 0; p < answer.path("gradient").size(); p++) {
        boolean zero = answer.path("gradient").path(p).doubleValue() == 0;
        assertThat(zero || p <= pixel).as("pixel %d", p).isTrue();
        felt += zero ? 0 : 1;
      }
      assertThat(felt > 0).isEqualTo(answer.has("gradient"));
    }
  }
}
