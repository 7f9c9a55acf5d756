package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.hindsight.format.Sha256;
import dev.hindsight.testing.IdxBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
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
  private final ByteArrayOutputStream notices = new ByteArrayOutputStream();
  private final CountDownLatch over = new CountDownLatch(1);
  private Download.Patience patience = Download.Patience.USUAL;
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
    var out = new PrintStream(notices, true, StandardCharsets.UTF_8);
    Opening opening = Opening.to(out);
    return new Datasets(
        cache,
        List.of(set),
        CifarArchive.USUAL,
        EmojiFont.USUAL,
        new Download(opening, patience),
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
    assertThat(notices.toString(StandardCharsets.UTF_8).lines()).hasSize(2);
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
    Datasets datasets = datasets(null, address("/nothing/"), URI.create("http://localhost:1/"));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> datasets.find("mnist", Split.TRAIN))
        .withMessageContaining("HTTP status 404")
        .withMessageContaining("put it into " + cache.resolve("mnist"))
        .withMessageNotContaining("\n");
  }

  /// A mirror that sends what `body` writes, and whose end is the test's.
  private void mirror(String path, long length, Body body) {
    server.createContext(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, length);
          try (OutputStream out = exchange.getResponseBody()) {
            body.write(out);
          } catch (IOException _) {
            // the client went away, or less was sent than announced: both are what is tested
          }
        });
  }

  private interface Body {
    void write(OutputStream out) throws IOException;
  }

  private void fails(String reason) throws IOException {
    Datasets datasets = datasets(null, address("/odd/"));
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> datasets.find("mnist", Split.TEST))
        .withMessageContaining("(localhost: " + reason)
        .withMessageNotContaining("\n");
    assertThat(cache.resolve("mnist")).isDirectoryNotContaining("glob:**/t10k*");
  }

  @Test
  void aMirrorThatStallsIsLeft() throws IOException {
    patience =
        new Download.Patience(
            Duration.ofSeconds(30), Duration.ofMillis(300), Duration.ofSeconds(30));
    mirror(
        "/odd/",
        100,
        out -> {
          out.write(new byte[5]);
          out.flush();
          await();
        });
    fails("nothing came for 0.3 s");
  }

  @Test
  void aMirrorThatTricklesIsLeft() throws IOException {
    patience =
        new Download.Patience(
            Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofMillis(700));
    mirror(
        "/odd/",
        100,
        out -> {
          for (int k = 0; k < 100 && over.getCount() > 0; k++) {
            out.write(k);
            out.flush();
            pause();
          }
        });
    fails("not done after 0.7 s");
  }

  @Test
  void anEndlessBodyIsCutAtTheLengthOfTheFile() throws IOException {
    mirror(
        "/odd/",
        0,
        out -> {
          while (over.getCount() > 0) {
            out.write(new byte[1 << 16]);
          }
        });
    fails("sends more than the ");
  }

  @Test
  void aBodyThatEndsEarlyIsRefused() throws IOException {
    mirror("/odd/", 0, out -> out.write(new byte[7]));
    fails("ends after 7 of ");
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

  private void await() {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
