package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What the page of a server asks it, without a browser.
///
/// @param address of the server
record PlayClient(HttpClient http, String address) implements AutoCloseable {
  /// An image of which 392 pixels are given.
  static final String HALF =
      LevelText.of(levels("0".repeat(300) + "1".repeat(92) + "0".repeat(392)));

  private static float[] levels(String digits) {
    float[] levels = new float[digits.length()];
    for (int k = 0; k < levels.length; k++) {
      levels[k] = digits.charAt(k) - '0';
    }
    return levels;
  }

  static PlayClient of(PlayServer server) {
    return new PlayClient(HttpClient.newHttpClient(), String.valueOf(server.address()));
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(address + path));
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(request(path).build(), BodyHandlers.ofString());
  }

  HttpRequest post(String path, String body) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  HttpResponse<String> ask(String path, String body) throws IOException, InterruptedException {
    return http.send(post(path, body), BodyHandlers.ofString());
  }

  /// The events of a drawing.
  String draw(Map<String, Object> request) throws IOException, InterruptedException {
    return ask("api/draw", Json.line(request)).body();
  }

  static Map<String, Object> request(String model, long seed) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("model", model);
    request.put("given", HALF);
    request.put("from", 392);
    request.put("seed", seed);
    request.put("temperature", 1);
    request.put("count", 2);
    return request;
  }

  static String error(HttpResponse<String> answer) {
    return Json.parse("answer", answer.body()).path("error").stringValue();
  }

  /// The pixels of both images, as the events of a drawing tell them.
  static String drawn(String events) {
    StringBuilder text = new StringBuilder();
    int next = 392;
    for (String event : events.split("\n\n", -1)) {
      if (event.startsWith("event: pixel\n")) {
        JsonNode data = Json.parse("event", event.substring(event.indexOf("data: ") + 6));
        assertThat(data.path("pixel").intValue()).isEqualTo(next++);
        assertThat(data.path("odds").size()).isEqualTo(2);
        for (float level : LevelText.levels(data.path("levels").stringValue())) {
          text.append((int) level);
        }
      }
    }
    assertThat(next).isEqualTo(ImageShape.MNIST.pixels());
    assertThat(events).contains("event: given\n").contains("event: done\n");
    return text.toString();
  }

  @Override
  public void close() {
    http.close();
  }
}
