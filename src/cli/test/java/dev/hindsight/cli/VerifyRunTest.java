package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.Json;
import dev.hindsight.testing.RunEdits;
import dev.hindsight.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `verify RUN`: each fault is found in the file that has it, and in no other.
@Tag("slow")
class VerifyRunTest extends TrainedRun {
  private static final List<String> FILES =
      List.of("config.json", "model.safetensors", "optimizer.safetensors", "metrics.jsonl");

  private static Cli verify(Path run, String... more) {
    return Cli.here(
        String.join(" ", "verify %s --backend cpu", String.join(" ", more)).strip(), run);
  }

  /// Its lines but for those that say "ok" alone.
  private static List<String> notOk(Cli ran) {
    return ran.out().lines().filter(line -> !line.endsWith(" ok")).toList();
  }

  @Test
  void aWholeRunIsOkFileByFile() throws IOException {
    Map<String, String> before = TinyRun.contents(trained);
    Cli ran = verify(trained);
    ran.ok();
    assertThat(ran.err()).isEmpty();
    assertThat(ran.out().lines().map(line -> line.replaceFirst(" +", " ")))
        .containsExactly(
            "config.json ok",
            "model.safetensors ok",
            "optimizer.safetensors ok",
            "metrics.jsonl ok",
            "samples.png ok",
            "events/" + RunFaults.eventFile(trained).getFileName() + " ok");
    assertThat(TinyRun.contents(trained)).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    "config cut, config.json, not a run's config.json",
    "config empty, config.json, not a run's config.json (it is no JSON object)",
    "config bit, config.json, damaged: its checksum is another one",
    "config digest, config.json, which is none",
    "config preset, config.json, no preset is called 'huge'",
    "config classes, config.json, has a model of 0 classes but names of 1",
    "weights bit, model.safetensors, damaged: its SHA-256 is",
    "weights cut, model.safetensors, truncated",
    "weights gone, model.safetensors, is gone",
    "weights of another tool, model.safetensors, 'carries no checksum, so no run wrote it'",
    "weights of another shape, model.safetensors, net.0.weight",
    "weights of another name, model.safetensors, net.0.weight",
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
    "row cut, samples-1.png, is truncated",
    "event bit, events/, 'damaged: the record at byte '",
    "events gone, events, holds no event file but optimizer.safetensors is at 8",
    "quality foreign, quality.json, is not what `quality` writes; delete it, or measure again",
    "temporary, .a-1-1.hindsight-tmp, was left by a process that was killed",
  })
  void aFaultIsFoundWhereItIs(String fault, String file, String part) throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    RunFaults.put(fault, run);
    Cli ran = verify(run);
    assertThat(ran.exit()).as(ran.toString()).isEqualTo(1);
    List<String> wrong = notOk(ran).stream().filter(line -> !line.contains(" ok (")).toList();
    assertThat(wrong).as(ran.out()).hasSize(1);
    assertThat(wrong.getFirst()).startsWith(file).contains(part).doesNotContain(run.toString());
  }

  @Test
  void shapesOfAnotherConfigAreWrongInBothFiles() throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    RunFaults.put("config size", run);
    Cli ran = verify(run);
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
    RunFaults.put("config cut", run);
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
    Files.write(RunFaults.eventFile(run), new byte[] {7}, StandardOpenOption.APPEND);
    Cli ran = verify(run);
    ran.ok();
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
    Cli ran = verify(run);
    ran.ok();
    assertThat(ran.out()).contains("ok (none yet, no epoch is done)");
  }

  @Test
  void asJson() throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    RunFaults.put("weights gone", run);
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
    verify(shared.resolve("data")).mistake("holds no run (no config.json)");
  }

  @Test
  void whatVerifiesABackendDoesNotGoWithARun() {
    for (String option : new String[] {"--seed-sizes", "--counters", "--perturb"}) {
      verify(trained, option).mistake(option + " does not go with a run folder");
    }
  }

  @Test
  void aRunThatIsBeingTrainedIsWaitedFor() {
    try (RunFolder training = RunFolder.resume(trained)) {
      verify(training.path()).mistake("another process is training into this folder");
    }
  }
}
