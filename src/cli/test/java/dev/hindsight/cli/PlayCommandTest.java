package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.play.PlayedRuns;
import dev.hindsight.random.RandomKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlayCommandTest {
  @TempDir private Path temp;
  private Path run;

  @BeforeEach
  void make() throws IOException {
    run = temp.resolve("run");
    PlayedRuns.make(run, MadeConfig.random(ImageShape.MNIST, 8, 1, RandomKey.of(1)));
  }

  @Test
  void namesWhatIsWrongBeforeItServes() {
    Cli.here("play --port 65536").mistake("--port must be from 0 to 65535 but is 65536");
    Cli.here("play %s", temp).mistake("holds no run");
  }

  @Test
  void aPortThatIsTakenIsOneLine() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      String port = String.valueOf(taken.getLocalPort());
      Cli.here("play %s --backend cpu --no-open --port %s", run, port)
          .mistake("port %s is not available".formatted(port), "--port 0");
    }
  }

  /// Without fonts, a screen or a browser.
  @Tag("slow")
  @Test
  void servesUntilItIsEnded() throws Exception {
    Process process =
        Cli.process("play %s --no-open --port 0 --backend cpu", run)
            .redirectError(temp.resolve("err").toFile())
            .start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        HttpClient client = HttpClient.newHttpClient()) {
      String line = String.valueOf(out.readLine());
      assertThat(line).matches("page http://127\\.0\\.0\\.1:\\d+/ \\(Ctrl-C stops it\\)");
      HttpRequest page = HttpRequest.newBuilder(URI.create(line.split(" ", -1)[1])).build();
      assertThat(client.send(page, BodyHandlers.ofString()).body()).contains("<title>Hindsight");
    } finally {
      process.destroy();
    }
    assertThat(process.waitFor()).isEqualTo(143); // as ended by SIGTERM
    assertThat(Files.readString(temp.resolve("err"))).doesNotContain("Exception");
  }

  @Tag("slow")
  @Test
  void drawsTheStructures() throws IOException {
    assertThat(Cli.here("draw").exit()).isEqualTo(2);
    Path out = temp.resolve("new/docs");
    Cli drawn = Cli.here("draw --out %s", out).ok();
    try (Stream<Path> pictures = Files.list(out.resolve("structure"))) {
      assertThat(drawn.out()).startsWith(pictures.count() + " pictures and ");
    }
    assertThat(out.resolve("structure.md")).content().contains("(structure/made-staircase.svg)");
    Cli.here("draw --out %s", out.resolve("structure.md")).mistake("--out", "folder");
  }
}
