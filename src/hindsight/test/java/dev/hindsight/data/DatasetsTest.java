package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.hindsight.testing.IdxBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {
  @TempDir Path parent;
  private final Map<String, byte[]> served = new HashMap<>();
  private final ByteArrayOutputStream notices = new ByteArrayOutputStream();
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
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private URI address(String path) {
    return URI.create("http://localhost:" + server.getAddress().getPort() + path);
  }

  private Datasets datasets(@Nullable Path system, URI... mirrors) throws IOException {
    Map<String, String> hashes = new HashMap<>();
    for (Split split : Split.values()) {
      hashes.put(split.imagesFile() + ".gz", sha256(IdxBytes.gzip(IdxBytes.images(4))));
      hashes.put(split.labelsFile() + ".gz", sha256(IdxBytes.gzip(IdxBytes.labels(4))));
    }
    var set = new Datasets.FullSet("mnist", system, List.of(mirrors), hashes);
    return new Datasets(
        cache, List.of(set), new PrintStream(notices, true, StandardCharsets.UTF_8));
  }

  private void offer(String base) throws IOException {
    served.put(base + "t10k-images-idx3-ubyte.gz", IdxBytes.gzip(IdxBytes.images(4)));
    served.put(base + "t10k-labels-idx1-ubyte.gz", IdxBytes.gzip(IdxBytes.labels(4)));
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
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
    served.put("/t10k-images-idx3-ubyte.gz", IdxBytes.gzip(IdxBytes.images(5)));
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
  void proxyOfTheShell() {
    assertThat(Download.proxy(Map.of())).isNull();
    assertThat(Download.proxy(Map.of("https_proxy", "http://localhost:8080")))
        .isEqualTo(new InetSocketAddress("localhost", 8080));
    assertThat(Download.proxy(Map.of("HTTPS_PROXY", "localhost"))).isNotNull();
    assertThatThrownBy(() -> Download.proxy(Map.of("https_proxy", "::")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("expected http://host:port");
  }

  @Test
  void everyFullSetKnowsItsFourFiles() {
    assertThat(Datasets.FullSet.ALL).hasSize(2);
    for (Datasets.FullSet set : Datasets.FullSet.ALL) {
      for (Split split : Split.values()) {
        assertThat(set.sha256(split.imagesFile() + ".gz")).matches("[0-9a-f]{64}");
        assertThat(set.sha256(split.labelsFile() + ".gz")).matches("[0-9a-f]{64}");
      }
      assertThat(set.mirrors()).allMatch(m -> m.toString().endsWith("/"));
    }
  }
}
