package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hindsight.format.Sha256;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A download goes on where it stopped, whatever mirrors do.
class DownloadTest {
  private static final byte[] FILE = new byte[200_000];
  private static final int HALF = 100_000;

  static {
    new Random(1).nextBytes(FILE);
  }

  @TempDir private Path folder;
  private final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
  private final List<String> notices = new ArrayList<>();
  private long progress;
  private HttpServer server;

  private interface Answer {
    void to(HttpExchange exchange, long from) throws IOException;
  }

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private URI mirror(String path, Answer answer) {
    server.createContext(
        path,
        exchange -> {
          String range = exchange.getRequestHeaders().getFirst("Range");
          ranges.add(path + " " + range);
          try (exchange) {
            answer.to(exchange, range == null ? 0 : Long.parseLong(range.replaceAll("\\D", "")));
          } catch (IOException _) {
            // the client went away
          }
        });
    return URI.create("http://localhost:" + server.getAddress().getPort() + path);
  }

  /// What follows `from`, as a server that knows ranges sends it.
  private static void rest(HttpExchange exchange, long from, byte[] file) throws IOException {
    int start = Math.toIntExact(from);
    if (start > 0) {
      String range = "bytes %d-%d/%d".formatted(start, file.length - 1, file.length);
      exchange.getResponseHeaders().add("Content-Range", range);
    }
    exchange.sendResponseHeaders(start > 0 ? 206 : 200, file.length - start);
    exchange.getResponseBody().write(file, start, file.length - start);
  }

  /// As much as a mirror sent that broke down.
  private void cameAlready(byte[] bytes) throws IOException {
    Files.write(folder.resolve(".file.part"), bytes);
  }

  private void fetch(URI... mirrors) {
    var known = new Download.Known("file", FILE.length, Sha256.digits(FILE));
    Opening opening =
        new Opening() {
          @Override
          public void notice(String line) {
            notices.add(line);
          }

          @Override
          public void progress(String what, String unit, long done, long all) {
            assertThat(what).isEqualTo("downloading file");
            assertThat(all).isEqualTo(FILE.length);
            progress = done;
          }
        };
    new Download(opening).fetch(List.of(mirrors), known, folder, false);
  }

  private void isThere() throws IOException {
    assertThat(folder.resolve("file")).hasBinaryContent(FILE);
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }

  private void fails(String reason, URI... mirrors) {
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> fetch(mirrors))
        .withMessageContaining(reason)
        .withMessageContaining("put it into " + folder)
        .withMessageNotContaining("\n");
    assertThat(folder.resolve("file")).doesNotExist();
  }

  @Test
  void saysHowFarItIs() throws IOException {
    fetch(mirror("/whole/", (exchange, from) -> rest(exchange, from, FILE)));
    isThere();
    assertThat(progress).isEqualTo(FILE.length);
    assertThat(notices).hasSize(1);
  }

  @Test
  void theNextMirrorGoesOn() throws IOException {
    URI cut =
        mirror(
            "/cut/",
            (exchange, _) -> {
              exchange.sendResponseHeaders(200, 0); // chunks, of which the last one lacks
              exchange.getResponseBody().write(FILE, 0, HALF);
              exchange.getResponseBody().flush();
            });
    URI whole = mirror("/whole/", (exchange, from) -> rest(exchange, from, FILE));
    fails("localhost: ", cut);
    assertThat(folder.resolve(".file.part")).hasBinaryContent(Arrays.copyOf(FILE, HALF));
    fetch(whole);
    isThere();
    assertThat(ranges).containsExactly("/cut/ null", "/whole/ bytes=100000-");
  }

  @Test
  void aMirrorThatKnowsNoRangesSendsAll() throws IOException {
    cameAlready(Arrays.copyOf(FILE, HALF));
    fetch(mirror("/whole/", (exchange, _) -> rest(exchange, 0, FILE)));
    isThere();
  }

  @Test
  void whatCameFromALiarIsAskedForAgain() throws IOException {
    cameAlready(new byte[HALF]);
    fetch(mirror("/whole/", (exchange, from) -> rest(exchange, from, FILE)));
    isThere();
    assertThat(ranges).containsExactly("/whole/ bytes=100000-", "/whole/ null");
  }

  @Test
  void whatCameWholeIsNotAskedForAgain() throws IOException {
    cameAlready(FILE);
    fetch(URI.create("http://localhost:1/"));
    isThere();
  }

  @Test
  void tooMuchIsThrownAway() throws IOException {
    cameAlready(Arrays.copyOf(FILE, FILE.length + 1));
    fetch(mirror("/whole/", (exchange, from) -> rest(exchange, from, FILE)));
    isThere();
    assertThat(ranges).containsExactly("/whole/ null");
  }

  @Test
  void anotherRangeIsRefused() throws IOException {
    cameAlready(Arrays.copyOf(FILE, HALF));
    URI odd =
        mirror(
            "/odd/",
            (exchange, _) -> {
              exchange.getResponseHeaders().add("Content-Range", "bytes 0-199999/200000");
              exchange.sendResponseHeaders(206, FILE.length);
              exchange.getResponseBody().write(FILE);
            });
    fails("sends other bytes than from 100000 on", odd);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aRangeThatIsNotThereIsNotAskedForAgain() throws IOException {
    cameAlready(Arrays.copyOf(FILE, HALF));
    fails(
        "HTTP status 416", mirror("/odd/", (exchange, _) -> exchange.sendResponseHeaders(416, -1)));
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 503})
  void aRefusalKeepsWhatCame(int status) throws IOException {
    cameAlready(Arrays.copyOf(FILE, HALF));
    fails(
        "HTTP status " + status,
        mirror("/odd/", (exchange, _) -> exchange.sendResponseHeaders(status, -1)));
    assertThat(folder.resolve(".file.part")).hasBinaryContent(Arrays.copyOf(FILE, HALF));
  }

  @Test
  void aCircleOfRedirectionsEnds() {
    URI circle =
        mirror(
            "/circle/",
            (exchange, _) -> {
              exchange.getResponseHeaders().add("Location", "/circle/file");
              exchange.sendResponseHeaders(302, -1);
            });
    fails("HTTP status 302", circle);
    assertThat(ranges).hasSizeBetween(2, 20);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aLinkInTheWayIsNotFollowed() throws IOException {
    Path other = Files.writeString(folder.resolve("other"), "mine");
    Files.createSymbolicLink(folder.resolve(".file.part"), other);
    fails("", mirror("/whole/", (exchange, from) -> rest(exchange, from, FILE)));
    assertThat(other).hasContent("mine");
  }
}
