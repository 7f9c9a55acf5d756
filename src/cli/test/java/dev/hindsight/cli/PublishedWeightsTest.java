package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Causality;
import dev.hindsight.testing.IdxBytes;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Metrics;
import dev.hindsight.train.Models;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.Pretrained;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// The weights that ship, and how others join them.
class PublishedWeightsTest {
  private static final Path CARDS = Path.of("docs/weights.md");
  private static final long MOST_BYTES = 12_000_000;
  private static final PrintWriter NOBODY = new PrintWriter(Writer.nullWriter());

  @TempDir private Path temp;

  static List<String> names() {
    return Pretrained.names();
  }

  /// Each row and each card is what its files say, and there are no others.
  @Test
  void cardsAreWhatTheFilesSay() throws IOException {
    String text = Files.readString(CARDS);
    assertThat(names()).isNotEmpty();
    for (String name : names()) {
      Card card = Card.of(name);
      assertThat(text).contains(card.row() + "\n").contains(card.text());
    }
    assertThat(found("^\\| `(.+?)` \\|.* KB \\|$", text)).isEqualTo(names());
    assertThat(found("^### (.+)$", text)).isEqualTo(names());
  }

  private static List<String> found(String pattern, String text) {
    return Pattern.compile(pattern, Pattern.MULTILINE)
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  /// What is cloned with the sources stays small, though it has a model of each kind of 0.4 to 1.4
  /// MB, and nothing else lies there.
  @Test
  void areSmall() throws IOException {
    Path root = Pretrained.require(names().getFirst()).getParent();
    long bytes = 0;
    List<String> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
        files.add(String.valueOf(file.getFileName()));
      }
    }
    assertThat(bytes).isLessThan(MOST_BYTES);
    assertThat(files).containsOnly("LICENSE", "config.json", "metrics.jsonl", "model.safetensors");
  }

  @ParameterizedTest
  @MethodSource("names")
  void filesAreInOrder(String name) {
    Cli found = Cli.here("verify %s --backend cpu", name).ok();
    assertThat(found.lines()).hasSizeGreaterThan(3).allMatch(line -> line.contains(" ok"));
    assertThat(found.out()).contains("of published weights no training goes on");
  }

  @Tag("exhaustive")
  @ParameterizedTest
  @MethodSource("names")
  void seeNoLaterPixel(String name) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = Models.pretrained(backend, name)) {
      int step = Causality.step(model.shape(), 20);
      var found = Causality.check(backend, model, step);
      assertThat(found.leaks()).isEmpty();
      assertThat(found.reached()).isPositive();
    }
  }

  /// By name and as a folder a model draws the same; a folder of that name would win.
  @Test
  void aNameIsTheFolder() throws IOException {
    String name = "made-mnist"; // draws the soonest
    Path folder = Pretrained.require(name);
    Path copy = TinyRun.copy(folder, temp.resolve(name));
    Path byName = temp.resolve("name.png");
    Path byFolder = temp.resolve("folder.png");
    Cli.here("sample %s --count 1 --backend cpu --out %s", name, byName).ok();
    Cli.here("sample %s --count 1 --backend cpu --out %s", copy, byFolder).ok();
    assertThat(byName).hasSameBinaryContentAs(byFolder);
    assertThat(NamedRun.find(Path.of(name), NOBODY)).isEqualTo(folder);
    assertThat(NamedRun.find(copy, NOBODY)).isEqualTo(copy);
    StoredRun published = StoredRun.open(folder);
    assertThat(NamedRun.output(published, null, published.folder().samples()))
        .isEqualTo(Path.of(name + "-samples.png"));
    StoredRun own = StoredRun.open(copy);
    assertThat(NamedRun.output(own, null, own.folder().samples()))
        .isEqualTo(copy.resolve("samples.png"));
  }

  /// A page shows images of one shape.
  @Test
  void playHasThoseOfBinaryDigits() {
    assertThat(PlayCommand.published(NOBODY))
        .isNotEmpty()
        .allMatch(run -> run.config().model().shape().equals(ImageShape.MNIST));
  }

  @Test
  void anUnknownNameListsThoseThatThereAre() {
    String[] names = names().toArray(String[]::new);
    Cli.here("sample gated-pixelcnn-mnst").mistake(names);
    Cli.here("sample none/gated-pixelcnn-mnst").mistake("give the folder of a run");
    Cli.here("evaluate").mistake("give either RUN or --published");
    Cli.here("evaluate --published --orders 2").mistake("--orders does not go with --published");
  }

  /// Where there are no images and none may be fetched, a row says so; others than those that a
  /// figure is of have other nats. Whether emoji agree depends on the font that the machine has.
  @Test
  void whatCannotBeMeasuredDoesNotAgree() throws IOException, InterruptedException {
    IdxBytes.folder(temp.resolve("hindsight/fashion-mnist"), 4, 2);
    ProcessBuilder offline = Cli.process("evaluate --published --offline --backend cpu --json");
    offline.environment().put("XDG_CACHE_HOME", temp.toString());
    Cli found = Cli.run(offline);
    assertThat(found.exit()).isEqualTo(1);
    assertThat(found.lines()).hasSameSizeAs(names());
    for (String line : found.lines()) {
      JsonNode row = Json.parse("row", line);
      String data = row.path("data").stringValue();
      String detail = row.path("detail").stringValue();
      if (data.equals("emoji")) {
        assertThat(detail.isEmpty()).isNotEqualTo(row.path("nll_nats").isNull());
      } else {
        assertThat(row.path("agrees").booleanValue()).isFalse();
        assertThat(detail.contains("--offline")).isEqualTo(data.equals("mnist"));
      }
    }
  }

  /// A run is published, agrees with what it states, and no longer does where that is changed.
  @Test
  void publishesARun() throws IOException {
    Path data = IdxBytes.folder(temp.resolve("data"), 40, 10);
    Path run = temp.resolve("run");
    String command =
        "train made --hidden 8 --layers 1 --epochs 1 --batch 8 --validation 8"
            + " --binarize stochastic --data "
            + data;
    Cli.of((command + " --backend cpu --run " + run).split(" ")).ok();
    assertThat(publish(run, command + " --seed 1").err()).contains("--command", "--seed 0, not 1");
    assertThat(publish(run, command + " --backend nd4j").err()).contains("--backend cpu, not nd4j");
    Cli done = publish(run, command).ok();
    Path folder = temp.resolve("out/made-small");
    StoredRun published = StoredRun.open(folder);
    Card card = new Card("made-small", published);
    assertThat(done.out()).contains(card.row(), card.text());
    assertThat(card.text().replace("\n  ", " "))
        .contains("`./hindsight " + command + "`", "here, today");
    assertThat(publish(run, command).err()).contains("already holds a run");
    try (Backend backend = Backends.open("cpu")) {
      var figures = new PublishedFigures(backend, new DataOptions(), 7);
      PublishedFigures.Row row = figures.row("made-small", published);
      assertThat(row.agrees()).isTrue();
      assertThat(row.fields()).containsEntry("agrees", true).containsEntry("detail", "");
      state(published, 1.0001);
      assertThat(figures.row("made-small", published).agrees()).isFalse();
    }
  }

  private Cli publish(Path run, String command) {
    return Cli.of(
        "publish",
        run.toString(),
        "--name",
        "made-small",
        "--command",
        command,
        "--machine",
        "here, today",
        "--backend",
        "cpu",
        "--out",
        temp.resolve("out").toString());
  }

  /// Writes that its nats are so many times as many.
  private static void state(StoredRun run, double times) throws IOException {
    List<Metric> all = Metrics.read(run.folder().metrics());
    double nats = Outcome.of(run).result().nllNats();
    Files.delete(run.folder().metrics());
    try (Metrics metrics = Metrics.open(run.folder().metrics(), run.config().model().shape())) {
      for (Metric metric : all) {
        boolean test = metric.kind() == Metric.Kind.TEST;
        metrics.add(
            test ? metric.of(new Likelihood(nats * times, 0.1, 10, List.of(nats))) : metric);
      }
    }
  }
}
