package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Many who ask at once, and those who go before they are answered.
class PlayCrowdTest {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  @TempDir private static Path temp;
  private static PlayClient client;
  private static PlayServer server;

  @BeforeAll
  static void start() throws IOException {
    server = PlayedRuns.serve(PlayedRuns.two(temp));
    client = PlayClient.of(server);
  }

  @AfterAll
  static void stop() {
    server.close();
    client.close();
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
