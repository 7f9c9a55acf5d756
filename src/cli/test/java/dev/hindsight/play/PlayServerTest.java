package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.train.Models;
import dev.hindsight.train.StoredRun;
import dev.hindsight.verify.Sight;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// The server without a browser, over loopback.
class PlayServerTest {
  private static final int PIXELS = AutoregressiveModel.PIXELS;
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final String HALF = "0".repeat(300) + "1".repeat(92) + "0".repeat(392);

  @TempDir private static Path temp;
  private static HttpClient client;
  private static PlayServer server;
  private static List<StoredRun> runs;

  @BeforeAll
  static void start() throws IOException {
    runs =
        List.of(
            PlayedRuns.make(temp.resolve("made"), MadeConfig.random(40, 1, RandomKey.of(1))),
            PlayedRuns.make(temp.resolve("wavenet"), new WaveNetConfig(4, 3, 3)));
    server = PlayServer.start(runs, () -> Backends.open("cpu"), 0);
    client = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() {
    server.close();
    client.close();
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.address() + path));
  }

  private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(request(path).build(), BodyHandlers.ofString());
  }

  private static HttpRequest post(String path, String body) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private static HttpResponse<String> ask(String path, String body)
      throws IOException, InterruptedException {
    return client.send(post(path, body), BodyHandlers.ofString());
  }

  private static Map<String, Object> wish(String model, long seed) {
    Map<String, Object> wish = new LinkedHashMap<>();
    wish.put("model", model);
    wish.put("given", HALF);
    wish.put("from", 392);
    wish.put("seed", seed);
    wish.put("temperature", 1);
    wish.put("count", 2);
    return wish;
  }

  private static String error(HttpResponse<String> answer) {
    return Json.parse("answer", answer.body()).path("error").stringValue();
  }

  /// The pixels of both images, as the events of a drawing tell them.
  private static String drawn(String events) {
    StringBuilder text = new StringBuilder();
    int next = 392;
    for (String event : events.split("\n\n", -1)) {
      if (event.startsWith("event: pixel\n")) {
        JsonNode data = Json.parse("event", event.substring(event.indexOf("data: ") + 6));
        assertThat(data.path("pixel").intValue()).isEqualTo(next++);
        assertThat(data.path("logits").size()).isEqualTo(2);
        text.append(data.path("values").stringValue());
      }
    }
    assertThat(next).isEqualTo(PIXELS);
    assertThat(events).contains("event: given\n").contains("event: done\n");
    return text.toString();
  }

  @Test
  void theSameSeedIsTheSamePictureAsOnTheCommandLine() throws Exception {
    for (String model : List.of("0", "1")) {
      String first = drawn(ask("api/draw", Json.line(wish(model, 7))).body());
      String other = drawn(ask("api/draw", Json.line(wish(model, 8))).body());
      String again = drawn(ask("api/draw", Json.line(wish(model, 7))).body());
      assertThat(again).isEqualTo(first).isNotEqualTo(other);
      assertThat(first).isEqualTo(sampled(runs.get(Integer.parseInt(model)), 7));
    }
  }

  /// All weights are finite, what they add up to is not: JSON has no number for it.
  @ParameterizedTest
  @ValueSource(ints = {0, 392})
  void logitsThatOverflowEndADrawingWithOneLine(int from) throws Exception {
    var config = new WaveNetConfig(4, 3, 3);
    Path folder = temp.resolve("large" + from);
    StoredRun run = PlayedRuns.make(folder, config);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, RandomKey.of(1))) {
      backend.fill(model.parameters().flat().value(), Float.MAX_VALUE);
      Models.save(backend, model, folder.resolve("model.safetensors"));
    }
    Map<String, Object> wish = wish("0", 7);
    wish.put("from", from);
    try (PlayServer large = PlayServer.start(List.of(run), () -> Backends.open("cpu"), 0)) {
      HttpRequest asked =
          HttpRequest.newBuilder(URI.create(large.address() + "api/draw"))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(Json.line(wish)))
              .build();
      assertThat(client.send(asked, BodyHandlers.ofString()).body())
          .contains("event: failed\ndata: {\"error\":\"image 0, row ")
          .contains("the model's logit is ")
          .doesNotContain("event: done")
          .doesNotContainPattern("\\[[^]]*(NaN|Infinity)");
    }
  }

  private static String sampled(StoredRun run, long seed) {
    float[] known = new float[2 * PIXELS];
    for (int p = 0; p < 2 * PIXELS; p++) {
      known[p] = HALF.charAt(p % PIXELS) - '0';
    }
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = run.load(backend)) {
      var plan =
          new BatchSampler.Plan(
              2, 1, RandomKey.of(seed).fold("samples"), 392, BatchSampler.Way.BEST, true);
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
    byte[] sets = client.send(request("api/sight/1").build(), BodyHandlers.ofByteArray()).body();
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = runs.get(1).load(backend)) {
      assertThat(sets).isEqualTo(Sight.measured(backend, model).bytes());
    }
    String body = Json.line(Map.of("model", "1", "image", HALF, "pixel", 400));
    JsonNode answer = Json.parse("answer", ask("api/sees", body).body());
    int felt = 0;
    for (int p = 0; p < PIXELS; p++) {
      double gradient = answer.path("gradient").path(p).doubleValue();
      boolean seen = (sets[400 * 98 + p / 8] >> p % 8 & 1) == 1;
      felt += gradient == 0 ? 0 : 1;
      assertThat(gradient == 0 || seen).as("pixel %d", p).isTrue();
    }
    assertThat(felt).isBetween(5, 9); // a receptive field of 2 + 1 + 2 + 4
    JsonNode logits = Json.parse("answer", ask("api/surprise", body).body()).path("logits");
    assertThat(logits.size()).isEqualTo(PIXELS);
    assertThat(logits.path(400).doubleValue()).isEqualTo(answer.path("logit").doubleValue());
  }

  @Test
  void servesThePageItsDrawingsAndNothingElse() throws Exception {
    HttpResponse<String> page = get("");
    assertThat(page.body()).contains("<title>Hindsight");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .startsWith("default-src 'none'; script-src 'self'")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(page.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
    for (String name : Page.files().keySet()) {
      assertThat(get(name).statusCode()).as(name).isEqualTo(200);
    }
    JsonNode models = Json.parse("answer", get("api/models").body());
    assertThat(models.path("models").path(1).path("model").stringValue()).isEqualTo("wavenet");
    assertThat(models.path("digits").size()).isEqualTo(10);
    for (String name : List.of("../pom.xml", "%2e%2e/pom.xml", "drawings/x.svg", "api/sight/9")) {
      assertThat(get(name).statusCode()).as(name).isEqualTo(404);
    }
    HttpResponse<String> head =
        client.send(
            request("main.js").method("HEAD", BodyPublishers.noBody()).build(),
            BodyHandlers.ofString());
    assertThat(head.statusCode()).isEqualTo(200);
    HttpResponse<String> put =
        client.send(request("").PUT(BodyPublishers.noBody()).build(), BodyHandlers.ofString());
    assertThat(put.statusCode()).isEqualTo(405);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "api/draw|{\"model\":\"0\"|400|the body is not JSON",
        "api/draw|[1]|400|the body is JSON but no object",
        "api/draw|{}|404|no model has this id",
        "api/draw|{\"model\":\"0\"}|400|'given' is no image; wanted a string of 784 characters",
        "api/surprise|{\"model\":\"0\",\"image\":\"01x\"}|400|'image' is no image",
        "api/surprise|{\"model\":0}|404|no model has this id",
        "api/else|{}|404|there is nothing of this name",
      })
  void refusesWhatIsNoQuestion(String path, String body, int status, String part) throws Exception {
    HttpResponse<String> answer = ask(path, body);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(error(answer)).contains(part);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '~',
      value = {
        "from, 785, 'from' must be a whole number from 0 to 784 but is 785",
        "from, -1, 'from' must be",
        "from, 1.5, 'from' must be",
        "count, 17, 'count' must be a whole number from 1 to 16",
        "count, 0, 'count' must be",
        "temperature, 0, 'temperature' must be a number from 0.05 to 10.0 but is 0",
        "temperature, 1e300, 'temperature' must be",
        "seed, 99999999999999999999, 'seed' must be",
      })
  void refusesNumbersOutOfRange(String name, String number, String part) throws Exception {
    Map<String, Object> wish = wish("0", 1);
    wish.remove(name);
    String body = Json.line(wish).replaceFirst("}$", ",\"%s\":%s}".formatted(name, number));
    HttpResponse<String> answer = ask("api/draw", body);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(error(answer)).contains(part.replace("\"", ""));
  }

  @Test
  void refusesLongBodiesAndOtherTypes() throws Exception {
    HttpResponse<String> huge = ask("api/draw", "x".repeat(50_000));
    assertThat(huge.statusCode()).isEqualTo(413);
    HttpRequest form =
        request("api/draw")
            .header("Content-Type", "text/plain")
            .POST(BodyPublishers.ofString(Json.line(wish("0", 1))))
            .build();
    assertThat(client.send(form, BodyHandlers.ofString()).statusCode()).isEqualTo(415);
  }

  /// What a page of somebody else's could send, through this browser or by a name of its own.
  @ParameterizedTest
  @CsvSource({
    "evil.example:%d, , 403",
    "127.0.0.1, , 403",
    "127.0.0.1:%d, http://evil.example, 403",
    "127.0.0.1:%d, null, 403",
    "127.0.0.1:%d, http://127.0.0.1:%d, 200",
    "localhost:%d, http://localhost:%d, 200",
  })
  void answersItsOwnPageAlone(String host, String origin, int status) throws Exception {
    int port = server.port();
    String head = "GET /api/models HTTP/1.1\r\nHost: " + host.formatted(port) + "\r\n";
    head += origin == null ? "" : "Origin: " + origin.formatted(port) + "\r\n";
    assertThat(raw(head + "Connection: close\r\n\r\n")).startsWith("HTTP/1.1 " + status);
  }

  private static String raw(String text) throws IOException {
    try (Socket socket = new Socket(LOOPBACK, server.port())) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aClosedTabStopsItsDrawing() throws Exception {
    long before = server.stopped();
    String body = Json.line(wish("1", 3));
    String head =
        "POST /api/draw HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(server.port(), body.length());
    while (server.stopped() == before) { // it may be done before it is missed
      try (Socket socket = new Socket(LOOPBACK, server.port())) {
        socket.setSoLinger(true, 0);
        OutputStream out = socket.getOutputStream();
        out.write((head + body).getBytes(StandardCharsets.US_ASCII));
        out.flush();
        InputStream in = socket.getInputStream();
        assertThat(in.read()).isEqualTo('H');
      }
      Thread.sleep(20);
    }
    assertThat(drawn(ask("api/draw", Json.line(wish("1", 3))).body())).hasSize(2 * 392);
  }

  /// Whoever comes while 17 are there is told so, and all others get their drawing.
  @Test
  void manyAtOnceAreDrawnOrTurnedAway() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
    for (int k = 0; k < 60; k++) {
      all.add(client.sendAsync(post("api/draw", Json.line(wish("1", k))), BodyHandlers.ofString()));
    }
    int drawn = 0;
    for (var each : all) {
      HttpResponse<String> answer = each.get();
      if (answer.statusCode() == 200) {
        assertThat(drawn(answer.body())).hasSize(2 * 392);
        drawn++;
      } else {
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
        assertThat(error(answer)).containsAnyOf("is busy", "at once are the most");
      }
    }
    assertThat(drawn).isPositive();
    assertThat(get("").statusCode()).isEqualTo(200);
  }

  /// As many as a machine's sockets allow, in waves: the server answers each or closes it, and goes
  /// on.
  @Test
  void tenThousandConnectionsLeaveItServing() throws Exception {
    List<Socket> open = new ArrayList<>();
    try {
      for (int k = 0; k < 10_000; k++) {
        Socket socket = new Socket(LOOPBACK, server.port());
        open.add(socket);
        try {
          socket.getOutputStream().write("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException _) {
          // turned away already
        }
        if (open.size() == 400) {
          closeAll(open);
        }
      }
    } finally {
      closeAll(open);
    }
    int status = 0;
    while (status != 200) {
      try {
        status = get("").statusCode();
      } catch (IOException _) {
        Thread.sleep(50); // it still takes leave of the others
      }
    }
    assertThat(drawn(ask("api/draw", Json.line(wish("0", 1))).body())).hasSize(2 * 392);
  }

  private static void closeAll(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }

  @Test
  void aPortThatIsTakenIsOneLine() {
    assertThatThrownBy(() -> PlayServer.start(runs, () -> Backends.open("cpu"), server.port()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("port %d cannot be had (".formatted(server.port()))
        .hasMessageContaining("give another with --port");
  }

  /// It is opened when it is first asked for; what is open stays so.
  @Test
  void aRunThatIsRemovedIsOneLineOrPlaysOn() throws Exception {
    Path early = temp.resolve("early");
    Path late = temp.resolve("late");
    var config = MadeConfig.random(10, 1, RandomKey.of(2));
    List<StoredRun> two = List.of(PlayedRuns.make(early, config), PlayedRuns.make(late, config));
    try (PlayServer other = PlayServer.start(two, () -> Backends.open("cpu"), 0)) {
      URI uri = URI.create(other.address() + "api/draw");
      HttpRequest.Builder ask =
          HttpRequest.newBuilder(uri).header("Content-Type", "application/json");
      HttpRequest second = ask.POST(BodyPublishers.ofString(Json.line(wish("1", 1)))).build();
      assertThat(drawn(client.send(second, BodyHandlers.ofString()).body())).isNotEmpty();
      Files.delete(early.resolve("model.safetensors"));
      Files.delete(late.resolve("model.safetensors"));
      HttpRequest first = ask.POST(BodyPublishers.ofString(Json.line(wish("0", 1)))).build();
      assertThat(client.send(first, BodyHandlers.ofString()).body())
          .contains("event: failed\n")
          .contains("model.safetensors");
      assertThat(drawn(client.send(second, BodyHandlers.ofString()).body())).isNotEmpty();
    }
  }
}
