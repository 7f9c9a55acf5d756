package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.Json;
import dev.hindsight.testing.RunEdits;
import dev.hindsight.train.RunFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `verify RUN`: each fault is found in the file that has it, and in no other.
@Tag("slow")
class VerifyRunTest {
  private static final List<String> FILES =
      List.of("config.json", "model.safetensors", "optimizer.safetensors", "metrics.jsonl");

  @TempDir private static Path shared;
  @TempDir private Path temp;

  private static Path trained = Path.of("");

  @BeforeAll
  static void train() throws IOException {
    trained = TinyRun.train(shared);
  }

  private static Path eventFile(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run.resolve("events"))) {
      return files.findFirst().orElseThrow();
    }
  }

  private static Ran verify(Path run, String... more) {
    String[] args =
        Arrays.copyOf(new String[] {"verify", "" + run, "--backend", "cpu"}, 4 + more.length);
    System.arraycopy(more, 0, args, 4, more.length);
    return Ran.of(args);
  }

  /// Its lines but for those that say "ok" alone.
  private static List<String> notOk(Ran ran) {
    return ran.out().lines().filter(line -> !line.endsWith(" ok")).toList();
  }

  @Test
  void aWholeRunIsOkFileByFile() throws IOException {
    Map<String, String> before = TinyRun.contents(trained);
    Ran ran = verify(trained);
    assertThat(ran.exit()).as(ran.toString()).isZero();
    assertThat(ran.err()).isEmpty();
    assertThat(ran.out().lines().map(line -> line.replaceFirst(" +", " ")))
        .containsExactly(
            "config.json ok",
            "model.safetensors ok",
            "optimizer.safetensors ok",
            "metrics.jsonl ok",
            "samples.png ok",
            "events/" + eventFile(trained).getFileName() + " ok");
    assertThat(TinyRun.contents(trained)).isEqualTo(before);
  }

  private static void replace(Path file, String pattern, String by) throws IOException {
    String before = Files.readString(file, StandardCharsets.ISO_8859_1);
    String after = before.replaceFirst(pattern, by);
    assertThat(after).as(pattern).isNotEqualTo(before);
    Files.writeString(file, after, StandardCharsets.ISO_8859_1);
  }

  private static void flip(Path file, int fromEnd) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - fromEnd] ^= 1;
    Files.write(file, bytes);
  }

  private static void truncate(Path file, int bytes) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - bytes));
  }

  /// The last tensor's last number.
  private static void putLast(Path file, float value) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, value);
    Files.write(file, bytes);
  }

  private static void breakIt(String fault, Path run) throws IOException {
    Path config = run.resolve("config.json");
    Path model = run.resolve("model.safetensors");
    Path optimizer = run.resolve("optimizer.safetensors");
    Path metrics = run.resolve("metrics.jsonl");
    switch (fault) {
      case "config cut" -> truncate(config, 10);
      case "config digest" -> RunEdits.config(run, "\"sha256\" : \"...", "\"sha256\" : \"");
      case "config preset" -> RunEdits.config(run, "\"base\"", "\"huge\"");
      case "config size" ->
          RunEdits.config(run, "\"hiddenDegrees\" : \\[ \\[ [0-9]+, ", "\"hiddenDegrees\" : [ [ ");
      case "fewer epochs" -> RunEdits.config(run, "\"epochs\" : 2", "\"epochs\" : 1");
      case "weights bit" -> flip(model, 5);
      case "weights cut" -> truncate(model, 4);
      case "weights gone" -> Files.delete(model);
      case "weights of epoch 1" ->
          RunEdits.safetensors(model, "\"epoch\":\"2\"", "\"epoch\":\"1\"");
      case "weights infinite" -> {
        putLast(model, Float.POSITIVE_INFINITY);
        RunEdits.safetensors(model, "pt", "pt");
      }
      case "weights of another tool" -> {
        replace(model, "hindsight.checksum", "elsewhere.checksum");
        replace(model, "hindsight.sha256", "elsewhere.sha256");
      }
      case "state bit" -> flip(optimizer, 5);
      case "state steps" -> RunEdits.safetensors(optimizer, "\"steps\":\"8\"", "\"steps\":\"7\"");
      case "state fewer steps" ->
          RunEdits.safetensors(optimizer, "\"steps\":\"8\"", "\"steps\":\"6\"");
      case "state gone" -> Files.delete(optimizer);
      case "config empty" -> Files.write(config, new byte[0]);
      case "config bit" -> replace(config, "0\\.001", "0.005"); // 1 and 5 differ in a bit
      case "metrics bit" -> replace(metrics, "\"lr\":0.001", "\"lr\":0.005");
      case "metrics foreign" -> replace(metrics, "\\{\"kind\":\"test\"", "hello");
      case "metrics twice" -> Files.writeString(metrics, Files.readString(metrics).repeat(2));
      case "metrics short" -> Files.write(metrics, Files.readAllLines(metrics).subList(0, 2));
      case "metrics cut" -> truncate(metrics, 1);
      case "metrics lower" ->
          RunEdits.metrics(run, "(?s)(.*)\"nll_nats\":1[0-9]+", "$1\"nll_nats\":12");
      case "metrics gone" -> Files.delete(metrics);
      case "sheet bit" -> flip(run.resolve("samples.png"), 30);
      case "sheet cut" -> truncate(run.resolve("samples.png"), 1);
      case "event bit" -> flip(eventFile(run), 30);
      case "events gone" -> Files.delete(eventFile(run));
      case "temporary" -> Files.writeString(run.resolve(".a-1-1.hindsight-tmp"), "");
      default -> throw new IllegalArgumentException(fault);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "config cut, config.json, not a run's config.json",
    "config empty, config.json, not a run's config.json (it is no JSON object)",
    "config bit, config.json, damaged: its checksum is another one",
    "config digest, config.json, which is none",
    "config preset, config.json, no preset is called 'huge'",
    "weights bit, model.safetensors, damaged: its SHA-256 is",
    "weights cut, model.safetensors, truncated",
    "weights gone, model.safetensors, is gone",
    "weights of another tool, model.safetensors, 'carries no checksum, so no run wrote it'",
    "weights infinite, model.safetensors, has Infinity at element",
    "weights of epoch 1, optimizer.safetensors, 'has its best epoch at 2 with '",
    "fewer epochs, optimizer.safetensors, has 2 epochs but config.json wants 1",
    "state bit, optimizer.safetensors, damaged: its SHA-256 is",
    "state steps, optimizer.safetensors, has 2 epochs in 7 steps",
    "state fewer steps, metrics.jsonl, has step 8 at epoch 2 but optimizer.safetensors has 6",
    "state gone, optimizer.safetensors, is gone",
    "metrics bit, metrics.jsonl, line 1: damaged: its CRC-32C is another one",
    "metrics foreign, metrics.jsonl, line 2: not JSON",
    "metrics twice, metrics.jsonl, 'line 5: is of epoch 1, train; expected epoch 3, train'",
    "metrics short, metrics.jsonl, ends at epoch 1 but optimizer.safetensors at 2",
    "metrics cut, metrics.jsonl, ends in the middle of epoch 2 but optimizer.safetensors after it",
    "metrics lower, metrics.jsonl, has 12.",
    "metrics gone, metrics.jsonl, is gone",
    "sheet bit, samples.png, damaged: has another checksum",
    "sheet cut, samples.png, is truncated",
    "event bit, events/, 'damaged: the record at byte '",
    "events gone, events, holds no event file but optimizer.safetensors is at 8",
    "temporary, .a-1-1.hindsight-tmp, was left by a process that was killed",
  })
  void aFaultIsFoundWhereItIs(String fault, String file, String part) throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    breakIt(fault, run);
    Ran ran = verify(run);
    assertThat(ran.exit()).as(ran.toString()).isEqualTo(1);
    List<String> wrong = notOk(ran).stream().filter(line -> !line.contains(" ok (")).toList();
    assertThat(wrong).as(ran.out()).hasSize(1);
    assertThat(wrong.getFirst()).startsWith(file).contains(part).doesNotContain(run.toString());
  }

  @Test
  void shapesOfAnotherConfigAreWrongInBothFiles() throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    breakIt("config size", run);
    Ran ran = verify(run);
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(notOk(ran).stream().filter(line -> !line.contains(" ok (")))
        .hasSize(2)
        .allMatch(line -> line.contains("it is of another model or size"));
  }

  /// Its metrics end with a line of the test images, of the best epoch.
  @Test
  void aRunThatHeldImagesOutIsCheckedToItsTestLine() throws IOException {
    Path whole = TinyRun.train(Files.createDirectory(temp.resolve("held")), 7);
    assertThat(verify(whole).exit()).as(verify(whole).toString()).isZero();
    Path metrics = whole.resolve("metrics.jsonl");
    List<String> lines = Files.readAllLines(metrics);
    assertThat(lines).hasSize(5).last().asString().startsWith("{\"kind\":\"test\",\"epoch\":2,");
    Files.write(metrics, lines.subList(0, 4));
    assertThat(notOk(verify(whole)))
        .singleElement()
        .asString()
        .startsWith("samples.png")
        .contains("metrics.jsonl has no line of the test images; train --resume looks at them");
    Files.writeString(
        metrics,
        RunEdits.signed(lines.getLast().replace("\"epoch\":2", "\"epoch\":1")) + "\n",
        StandardOpenOption.APPEND);
    assertThat(verify(whole).out())
        .contains("has the test images at epoch 1 but optimizer.safetensors the best at 2");
  }

  /// What its settings say of the last line, its second says as well.
  @Test
  void aConfigThatIsCutIsNoFaultOfTheMetrics() throws IOException {
    Path run = TinyRun.train(Files.createDirectory(temp.resolve("held")), 7);
    breakIt("config cut", run);
    assertThat(notOk(verify(run)).stream().filter(line -> !line.contains(" ok (")))
        .singleElement()
        .asString()
        .startsWith("config.json");
  }

  @Test
  void aStoppedRunWhoseMetricsAreCutIsFound() throws IOException {
    Path run = TinyRun.train(Files.createDirectory(temp.resolve("held")), 7);
    Files.delete(run.resolve("samples.png"));
    Path metrics = run.resolve("metrics.jsonl");
    Files.write(metrics, Files.readAllLines(metrics).subList(0, 3));
    assertThat(verify(run).out())
        .contains("ends in the middle of epoch 2 but optimizer.safetensors after it");
  }

  /// What a process that is killed leaves is in order, and said.
  @Test
  void aRunThatWasKilledIsOk() throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    RunEdits.config(run, "\"epochs\" : 2", "\"epochs\" : 3");
    Files.delete(run.resolve("samples.png"));
    String lines = Files.readString(run.resolve("metrics.jsonl"));
    String third = lines.lines().skip(2).findFirst().orElseThrow();
    Files.writeString(
        run.resolve("metrics.jsonl"),
        lines
            + RunEdits.signed(third.replace("\"epoch\":2,\"step\":8", "\"epoch\":3,\"step\":12"))
            + "\n{\"ki");
    Files.write(eventFile(run), new byte[] {7}, StandardOpenOption.APPEND);
    Ran ran = verify(run);
    assertThat(ran.exit()).as(ran.toString()).isZero();
    assertThat(String.join("\n", notOk(ran)))
        .contains(
            "ok (edited: it has no checksum; train --resume gives it one)",
            "ok (an epoch ahead of the state; train --resume does it again)",
            "ok (none yet, the run is not at its end)",
            "ok (its last 1 bytes were being written when the process was killed)");
  }

  @Test
  void aRunWithoutAnEpochIsOk() throws IOException {
    Path run = Files.createDirectory(temp.resolve("begun"));
    Files.copy(trained.resolve("config.json"), run.resolve("config.json"));
    Ran ran = verify(run);
    assertThat(ran.exit()).as(ran.toString()).isZero();
    assertThat(ran.out()).contains("ok (none yet, no epoch is done)");
  }

  @Test
  void asJson() throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    breakIt("weights gone", run);
    List<String> rows = verify(run, "--json").out().lines().toList();
    assertThat(rows.stream().limit(4).map(row -> Json.parse("row", row).path("file").stringValue()))
        .isEqualTo(FILES);
    assertThat(Json.parse("row", rows.get(0)).path("verdict").stringValue()).isEqualTo("ok");
    assertThat(Json.parse("row", rows.get(0)).path("detail").isNull()).isTrue();
    assertThat(Json.parse("row", rows.get(1)).path("verdict").stringValue()).isEqualTo("FAILED");
    assertThat(Json.parse("row", rows.get(1)).path("detail").stringValue()).startsWith("is gone");
  }

  @Test
  void whatIsNoRunIsAMistake() {
    Ran ran = verify(shared.resolve("data"));
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).contains("holds no run (no config.json)");
  }

  @Test
  void whatVerifiesABackendDoesNotGoWithARun() {
    for (String option : new String[] {"--seed-sizes", "--counters", "--perturb"}) {
      Ran ran = verify(trained, option);
      assertThat(ran.exit()).isEqualTo(2);
      assertThat(ran.err()).contains(option + " does not go with a run folder");
    }
  }

  @Test
  void aRunThatIsBeingTrainedIsWaitedFor() {
    try (RunFolder training = RunFolder.resume(trained)) {
      Ran ran = verify(training.path());
      assertThat(ran.exit()).isEqualTo(2);
      assertThat(ran.err()).contains("another process is training into this folder");
    }
  }
}
