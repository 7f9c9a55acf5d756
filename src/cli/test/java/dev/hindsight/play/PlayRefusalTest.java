package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the server refuses, whom, and how it bears many at once and those who leave early.
class PlayRefusalTest {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  @TempDir private static Path temp;
  @AutoClose private static PlayClient client;
  @AutoClose private static PlayServer server;

  @BeforeAll
  static void start() throws IOException {
    server = PlayedRuns.serve(PlayedRuns.two(temp));
    client = PlayClient.of(server);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "api/draw|{\"model\":\"0\"|400|the body is not JSON",
        "api/draw|[1]|400|the body is JSON but not an object",
        "api/draw|{}|404|no model has this id",
        "api/draw|{\"model\":\"0\"}|400|'given' is no image; wanted Base64 of 784 bytes, each a level from 0 to 1",
        "api/surprise|{\"model\":\"0\",\"image\":\"01x-\"}|400|'image' is no image",
        "api/surprise|{\"model\":0}|404|no model has this id",
        "api/else|{}|404|no such request",
      })
  void refusesWhatIsNoQuestion(String path, String body, int status, String part) throws Exception {
    HttpResponse<String> answer = client.ask(path, body);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(PlayClient.error(answer)).contains(part);
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
    Map<String, Object> request = PlayClient.request("0", 1);
    request.remove(name);
    String body = Json.line(request).replaceFirst("}$", ",\"%s\":%s}".formatted(name, number));
    HttpResponse<String> answer = client.ask("api/draw", body);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(PlayClient.error(answer)).contains(part.replace("\"", ""));
  }

  @Test
  void refusesLongBodiesAndOtherTypes() throws Exception {
    HttpResponse<String> huge = client.ask("api/draw", "x".repeat(50_000));
    assertThat(huge.statusCode()).isEqualTo(413);
    HttpRequest form =
        client
            .request("api/draw")
            .header("Content-Type", "text/plain")
            .POST(BodyPublishers.ofString(Json.line(PlayClient.request("0", 1))))
            .build();
    assertThat(client.http().send(form, BodyHandlers.ofString()).statusCode()).isEqualTo(415);
  }

  /// What a page of somebody else's could send, through this browser or by a name of its own.
  @ParameterizedTest
  @CsvSource({
    "evil.example:%d, , 403",
    "127.0.0.1:%d, http://evil.example, 403",
    "127.0.0.1:%d, http://127.0.0.1:%d, 200",
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
    String body = Json.line(PlayClient.request("1", 3));
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
    assertThat(PlayClient.drawn(client.draw(PlayClient.request("1", 3)))).hasSize(2 * 392);
  }

  /// Whoever comes while 17 are there is told so, and all others get their drawing.
  @Test
  void manyAtOnceAreDrawnOrTurnedAway() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
    for (int k = 0; k < 60; k++) {
      all.add(
          client
              .http()
              .sendAsync(
                  client.post("api/draw", Json.line(PlayClient.request("1", k))),
                  BodyHandlers.ofString()));
    }
    int drawn = 0;
    for (var each : all) {
      HttpResponse<String> answer = each.get();
      if (answer.statusCode() == 200) {
        assertThat(PlayClient.drawn(answer.body())).hasSize(2 * 392);
        drawn++;
      } else {
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
        assertThat(PlayClient.error(answer)).containsAnyOf("is busy", " at once");
      }
    }
    assertThat(drawn).isPositive();
    assertThat(client.get("").statusCode()).isEqualTo(200);
  }

  /// As many as a machine's sockets allow, in waves: the server answers each or closes it, and goes
  /// on.
  @Test
  void thousandsOfConnectionsLeaveItServing() throws Exception {
    List<Socket> open = new ArrayList<>();
    try {
      for (int k = 0; k < 3_000; k++) {
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
        status = client.get("").statusCode();
      } catch (IOException _) {
        Thread.sleep(50); // it still takes leave of the others
      }
    }
    assertThat(PlayClient.drawn(client.draw(PlayClient.request("0", 1)))).hasSize(2 * 392);
  }

  private static void closeAll(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }
}
