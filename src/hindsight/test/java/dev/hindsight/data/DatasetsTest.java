package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.hindsight.format.Sha256;
import dev.hindsight.testing.IdxBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {
  @TempDir Path parent;
  private final Map<String, byte[]> served = new HashMap<>();
  private final List<String> notices = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private Duration deadline = Duration.ofMinutes(1);
  private HttpServer server;
  private Path cache;

  @BeforeEach
  void serve() throws IOException {
    cache = parent.resolve("cache");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = served.get(exchange.getRequestURI().getPath());
          exchange.sendResponseHeaders(body == null ? 404 : 200, body == null ? -1 : body.length);
          if (body != null) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
  }

  private URI address(String path) {
    return URI.create("http://localhost:" + server.getAddress().getPort() + path);
  }

  private Datasets datasets(@Nullable Path system, URI... mirrors) throws IOException {
    List<Download.Known> files = new ArrayList<>();
    for (Split split : Split.values()) {
      files.add(known(split.imagesFile(), IdxBytes.gzip(IdxBytes.images(4))));
      files.add(known(split.labelsFile(), IdxBytes.gzip(IdxBytes.labels(4))));
    }
    var set = new Datasets.FullSet("mnist", system, List.of(mirrors), files);
    Opening opening =
        new Opening() {
          @Override
          public void notice(String line) {
            notices.add(line);
          }

          @Override
          public void progress(String what, String unit, long done, long all) {
            if (done == all) {
              notices.add(what + ": " + done + " " + unit);
            }
          }
        };
    return new Datasets(
        cache,
        List.of(set),
        CifarArchive.USUAL,
        EmojiFont.USUAL,
        new Download(opening, deadline),
        opening);
  }

  private static Download.Known known(String file, byte[] bytes) {
    return new Download.Known(file + ".gz", bytes.length, Sha256.digits(bytes));
  }

  private void offer(String base) throws IOException {
    served.put(base + "t10k-images-idx3-ubyte.gz", IdxBytes.gzip(IdxBytes.images(4)));
    served.put(base + "t10k-labels-idx1-ubyte.gz", IdxBytes.gzip(IdxBytes.labels(4)));
  }

  @Test
  void theEmbeddedDigitsAreWhole() {
    Dataset train = Datasets.open("mnist10k", Split.TRAIN);
    Dataset test = Datasets.open("mnist10k", Split.TEST);
    assertThat(train.count()).isEqualTo(8000);
    assertThat(test.count()).isEqualTo(1000);
    assertThat(train.hasLabels() && test.hasLabels()).isTrue();
    int[] perDigit = new int[10];
    for (int i = 0; i < 1000; i++) {
      perDigit[test.label(i)]++;
    }
    assertThat(perDigit).satisfies(counts -> assertThat(counts).doesNotContain(0));
    double[] means = train.pixelMeans(Binarize.THRESHOLD);
    assertThat(means[0]).isZero(); // corners are empty, the middle is not
    assertThat(means[14 * 28 + 14]).isBetween(0.3, 0.7);
    assertThat(Datasets.class.getResource("mnist10k/LICENSE-digits")).isNotNull();
  }

  @Test
  void downloadsOnceAndOnlyTheSplit() throws IOException {
    offer("/");
    Datasets datasets = datasets(null, address("/"));
    assertThat(datasets.find("mnist", Split.TEST).count()).isEqualTo(4);
    int bytes = IdxBytes.gzip(IdxBytes.images(4)).length;
    assertThat(notices)
        .hasSize(4)
        .contains(
            "downloading " + address("/t10k-images-idx3-ubyte.gz"),
            "downloading t10k-images-idx3-ubyte.gz: %d bytes".formatted(bytes));
    served.clear();
    assertThat(datasets.find("mnist", Split.TEST).label(3)).isEqualTo(3);
    try (var files = Files.list(cache.resolve("mnist"))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz");
    }
  }

  @Test
  void triesTheNextMirror() throws IOException {
    offer("/second/");
    Datasets datasets = datasets(null, address("/first/"), address("/second/"));
    assertThat(datasets.find("mnist", Split.TEST).count()).isEqualTo(4);
  }

  @Test
  void wrongBytesNeverReachTheCache() throws IOException {
    offer("/");
    byte[] wrong = IdxBytes.gzip(IdxBytes.images(4));
    wrong[wrong.length - 1] ^= 1;
    served.put("/t10k-images-idx3-ubyte.gz", wrong);
    Datasets datasets = datasets(null, address("/"));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> datasets.find("mnist", Split.TEST))
        .withMessageContaining("t10k-images-idx3-ubyte.gz: not in the cache")
        .withMessageContaining("SHA-256 is")
        .withMessageContaining("--data mnist10k")
        .withMessageNotContaining("\n");
    try (var files = Files.list(cache.resolve("mnist"))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactly("t10k-labels-idx1-ubyte.gz");
    }
  }

  @Test
  void saysWhatToDoWithoutANetwork() throws IOException {
    Datasets datasets = datasets(null, address("/nothing/"), URI.create("http://127.0.0.1:1/"));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> datasets.find("mnist", Split.TRAIN))
        .withMessageContaining("(localhost: HTTP status 404; 127.0.0.1: no connection)")
        .withMessageContaining("put it into " + cache.resolve("mnist"))
        .withMessageNotContaining("\n");
  }

  private interface Body {
    void write(OutputStream out) throws IOException;
  }

  private void fails(Body mirror, String reason) throws IOException {
    server.createContext(
        "/odd/",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            while (over.getCount() > 0) {
              mirror.write(out);
            }
          } catch (IOException _) {
            // the client went away
          }
        });
    Datasets datasets = datasets(null, address("/odd/"));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> datasets.find("mnist", Split.TEST))
        .withMessageContaining("(localhost: " + reason)
        .withMessageNotContaining("\n");
    assertThat(cache.resolve("mnist")).isEmptyDirectory();
  }

  @Test
  void aMirrorThatTricklesIsLeft() throws IOException {
    deadline = Duration.ofSeconds(1);
    fails(
        out -> {
          out.write(7);
          out.flush();
          pause();
        },
        "not done after 1 s)");
  }

  @Test
  void anEndlessBodyIsCutAtTheLengthOfTheFile() throws IOException {
    fails(out -> out.write(new byte[1 << 16]), "body exceeds capacity: ");
  }

  @Test
  void whatAMirrorSaysIsPrintedWithoutItsControls() throws Exception {
    try (var socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answer(socket, "HTTP/1.1 \u001b[31mred\u0007 x\r\n\r\n"));
      Datasets datasets =
          datasets(null, URI.create("http://localhost:" + socket.getLocalPort() + "/"));
      assertThatExceptionOfType(DataException.class)
          .isThrownBy(() -> datasets.find("mnist", Split.TEST))
          .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\p{C}"))
          .withMessageContaining("?[31mred?");
    }
  }

  private static void answer(ServerSocket socket, String text) {
    while (!socket.isClosed()) {
      try (Socket client = socket.accept()) {
        client.getInputStream().read();
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        client.getOutputStream().flush();
        client.getInputStream().readAllBytes();
      } catch (IOException _) {
        // the test is over, or the client has read enough
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void prefersTheCacheAndThenTheSystemFolder() throws IOException {
    Path system = IdxBytes.folder(parent.resolve("system"), 6, 7);
    Datasets datasets = datasets(system);
    assertThat(datasets.find("mnist", Split.TEST).count()).isEqualTo(7);
    IdxBytes.folder(cache.resolve("mnist"), 8, 9);
    assertThat(datasets.find("mnist", Split.TEST).count()).isEqualTo(9);
    assertThat(datasets.find("mnist", Split.TEST).name()).isEqualTo("mnist");
  }

  @Test
  void aCacheThatCannotBeMadeIsOneLine() throws IOException {
    cache = Files.writeString(parent.resolve("file"), "x");
    Datasets datasets = datasets(null, address("/"));
    assertThatThrownBy(() -> datasets.find("mnist", Split.TEST))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("cannot be made")
        .hasMessageContaining("XDG_CACHE_HOME");
  }

  @Test
  void cacheFollowsXdg() {
    assertThat(Datasets.cacheFolder(Map.of("XDG_CACHE_HOME", "/var/c")))
        .isEqualTo(Path.of("/var/c/hindsight"));
    Path home = Path.of(System.getProperty("user.home"), ".cache/hindsight");
    assertThat(Datasets.cacheFolder(Map.of())).isEqualTo(home);
    assertThat(Datasets.cacheFolder(Map.of("XDG_CACHE_HOME", "relative"))).isEqualTo(home);
  }

  @Test
  void offlineNobodyIsAsked() throws IOException {
    offer("/");
    Datasets datasets = datasets(null, address("/"));
    var source = new DataSource("mnist", PictureOptions.USUAL, true);
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> datasets.find(source, Split.TEST))
        .withMessage(
            "t10k-labels-idx1-ubyte.gz: not in the cache, and --offline forbids a download; put it"
                + " into %s, from %s",
            cache.resolve("mnist"), address("/"));
    assertThat(cache).doesNotExist();
    datasets.find("mnist", Split.TEST);
    assertThat(datasets.find(source, Split.TEST).count()).isEqualTo(4);
  }

  @Test
  void proxyOfTheShell() {
    assertThat(Download.proxy(Map.of())).isNull();
    assertThat(Download.proxy(Map.of("https_proxy", "http://localhost:8080")))
        .isEqualTo(new InetSocketAddress("localhost", 8080));
    assertThat(Download.proxy(Map.of("HTTPS_PROXY", "localhost"))).isNotNull();
    for (String wrong : List.of("::", "http://host:65536", "http://host:99999999999", "a b")) {
      assertThatThrownBy(() -> Download.proxy(Map.of("https_proxy", wrong)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("'" + wrong + "'; expected http://host:port");
    }
    assertThatThrownBy(() -> Download.proxy(Map.of("https_proxy", "http://me:secret@host:70000")))
        .isInstanceOf(DataException.class)
        .hasMessageNotContaining("secret");
  }

  @Test
  void everyFullSetKnowsItsFourFiles() {
    assertThat(Datasets.FullSet.ALL).hasSize(2);
    for (Datasets.FullSet set : Datasets.FullSet.ALL) {
      for (Split split : Split.values()) {
        for (String name : List.of(split.imagesFile(), split.labelsFile())) {
          Download.Known file = set.file(name + ".gz");
          assertThat(file.sha256()).matches("[0-9a-f]{64}");
          assertThat(file.bytes()).isBetween(4_000L, 27_000_000L);
        }
      }
      assertThat(set.mirrors()).allMatch(m -> m.toString().endsWith("/"));
    }
  }
}
