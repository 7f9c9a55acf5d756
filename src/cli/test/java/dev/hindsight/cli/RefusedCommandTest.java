package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A command that is refused says so in one line and leaves every file as it was.
@Tag("slow")
class RefusedCommandTest {
  @TempDir private static Path shared;
  @TempDir private Path temp;

  private static Path trained = Path.of("");

  @BeforeAll
  static void train() throws IOException {
    trained = TinyRun.train(shared);
  }

  /// Runs the command and looks at all that is in the temporary folder.
  private void refused(String part, String... args) throws IOException {
    Map<String, String> before = TinyRun.contents(temp);
    Ran ran = Ran.of(args);
    assertThat(ran.exit()).as(ran.toString()).isEqualTo(2);
    assertThat(ran.err().lines()).as(ran.err()).hasSize(1);
    assertThat(ran.err()).startsWith("hindsight: ").contains(part);
    assertThat(TinyRun.contents(temp)).isEqualTo(before);
  }

  private void breakIt(String fault, Path run) throws IOException {
    Path model = run.resolve("model.safetensors");
    Path optimizer = run.resolve("optimizer.safetensors");
    Path metrics = run.resolve("metrics.jsonl");
    switch (fault) {
      case "nothing" -> {}
      case "no best weights" -> Files.delete(model);
      case "a bit of the best weights" -> flip(model);
      case "a bit of the state" -> flip(optimizer);
      case "a bit of the settings" -> flip(run.resolve("config.json"));
      case "a bit of the metrics" -> flip(metrics);
      case "events that are a link" -> {
        Files.move(run.resolve("events"), temp.resolve("elsewhere"));
        Files.createSymbolicLink(run.resolve("events"), temp.resolve("elsewhere"));
      }
      case "a lock that is a link" -> {
        Files.delete(run.resolve(".lock"));
        Files.createSymbolicLink(run.resolve(".lock"), temp.resolve("elsewhere"));
      }
      case "no state" -> Files.delete(optimizer);
      case "no state, metrics and sheet" -> {
        for (String file : new String[] {"optimizer.safetensors", "metrics.jsonl", "samples.png"}) {
          Files.delete(run.resolve(file));
        }
      }
      case "no sheet" -> Files.delete(run.resolve("samples.png"));
      case "a foreign metric" -> Files.writeString(metrics, "hello\n");
      case "no metrics" -> Files.delete(metrics);
      case "metrics without their end" ->
          Files.write(metrics, Files.readAllLines(metrics).subList(0, 3));
      case "metrics without an epoch" ->
          Files.write(metrics, Files.readAllLines(metrics).subList(2, 4));
      case "metrics that are a folder" -> {
        Files.delete(metrics);
        Files.createDirectory(metrics);
      }
      case "a sheet that is a folder" -> {
        Files.delete(run.resolve("samples.png"));
        Files.createDirectories(run.resolve("samples.png/mine"));
      }
      case "events that are a file" -> {
        Files.move(run.resolve("events"), run.resolve("old"));
        Files.writeString(run.resolve("events"), "");
      }
      default -> throw new IllegalArgumentException(fault);
    }
    Files.writeString(run.resolve(".samples.png-1-1.hindsight-tmp"), "left by a killed process");
  }

  private static void flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "nothing, 2, all 2 epochs are done already; give more with --epochs",
    "nothing, 1, '--epochs 1 is less than the 2 that are done; give more, or leave it out'",
    "no sheet, 1, --epochs 1 is less than the 2 that are done",
    "no best weights, 3, 'model.safetensors: is gone, and without the best weights the run'",
    "a bit of the best weights, 3, 'model.safetensors: damaged: its SHA-256 is '",
    "a bit of the state, 3, 'optimizer.safetensors: damaged: its SHA-256 is '",
    "a bit of the settings, 3, 'config.json: '",
    "a bit of the metrics, 3, 'metrics.jsonl: line '",
    "events that are a link, 3, 'events: is a file or a link, not a folder; move it away'",
    "a lock that is a link, 3, '.lock is a link; replace it by what it leads to'",
    "no state, 3, 'optimizer.safetensors: is gone, so the run cannot go on; put back what it was'",
    "'no state, metrics and sheet', 3, 'optimizer.safetensors: is gone, so the run cannot go on'",
    "a foreign metric, 3, 'metrics.jsonl: line 1: not JSON'",
    "no metrics, 3, 'metrics.jsonl: is gone, although 2 epochs are done; put back what it'",
    "metrics without their end, 3, 'ends in the middle of epoch 2 but optimizer.safetensors after"
        + " it; put back'",
    "metrics without an epoch, 3, 'line 1: is of epoch 2, train; expected epoch 1, train; put"
        + " back'",
    "metrics that are a folder, 3, 'metrics.jsonl: is a folder, not a file; move it away'",
    "a sheet that is a folder, 3, 'samples.png: is a folder, not a file; move it away'",
    "events that are a file, 3, 'events: is a file or a link, not a folder; move it away'",
  })
  void resume(String fault, int epochs, String part) throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    breakIt(fault, run);
    refused(
        part,
        "train made --backend cpu --resume --run %s --epochs %d".formatted(run, epochs).split(" "));
  }

  /// The lock of a run is made by whoever trains there, and nobody trains in a folder of others.
  @Test
  void trainIntoAFolderOfOthers() throws IOException {
    Path others = Files.createDirectory(temp.resolve("others"));
    Files.writeString(others.resolve("config.json"), "{}");
    refused(
        "already holds a run (config.json)",
        "train",
        "made",
        "--backend",
        "cpu",
        "--run",
        "" + others);
    assertThat(others.resolve(".lock")).doesNotExist();
  }

  private static String[] words(String line) {
    return line.split(" ");
  }

  /// Nobody downloads a data set for a name that is wrong: what does not depend on the images is
  /// said first.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train mad | no model is called 'mad' (did you mean 'made'?)",
        "train made --preset sed | no preset is called 'sed'",
        "train made --epochs 0 | --epochs must be at least 1 but is 0",
        "train made --backend tpu | no backend is called 'tpu'",
        "train made --precision fp64 | no precision is called 'fp64'",
        "train made --checkpoint-every 0 | --checkpoint-every must be at least 1 but is 0",
        "train made --shards 3 | --shards must be a power of two from 1 to 1024 but is 3",
        "train made --batch 20 --shards 8 | a batch of 20 images cannot be cut into 8 equal",
        "train made --kernel 3 | made has no --kernel; its sizes are",
        "compare --models made --preset sed | no preset is called 'sed'",
        "compare --models made --lr 0 | --lr must be a number above 0",
        "compare --models made --backend tpu | no backend is called 'tpu'",
      })
  void beforeItLooksForData(String line, String part) throws IOException {
    refused(part, words(line + " --data " + temp.resolve("no-data")));
  }

  /// Of 40 images five are held out.
  @Test
  void trainInShardsThatTheImagesDoNotFill() throws IOException {
    refused(
        "a batch of 35 images cannot be cut into 2 equal shards",
        words(
            "train made --backend cpu --batch 64 --shards 2 --data %s --run %s"
                .formatted(shared.resolve("data"), temp.resolve("run"))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--backend tpu | no backend is called 'tpu'",
        "--backend cpu --precision tf32 | tf32 is not for backend cpu",
        "--backend cpu --checkpoint-every 0 | --checkpoint-every must be at least 1",
        "--backend cpu --batch 64 --shards 2 | a batch of 35 images cannot be cut into 2",
      })
  void compareBeforeItMakesAFolder(String options, String part) throws IOException {
    refused(
        part,
        words(
            "compare --models made --data %s --out %s %s"
                .formatted(shared.resolve("data"), temp.resolve("out/deep"), options)));
  }

  @Test
  void compareWithoutTestImages() throws IOException {
    Path data = TinyRun.copy(shared.resolve("data"), temp.resolve("data"));
    Files.delete(data.resolve("t10k-images-idx3-ubyte"));
    refused(
        "t10k-images-idx3-ubyte",
        words(
            "compare --models made --backend cpu --data %s --out %s"
                .formatted(data, temp.resolve("out"))));
  }

  @Test
  void playThatCannotExport() throws IOException {
    String line = "play %s --export %s";
    Path out = temp.resolve("deep/page");
    refused("no such folder", words(line.formatted(temp.resolve("no-run"), out)));
    refused("no backend is called 'tpu'", words(line.formatted(trained, out) + " --backend tpu"));
    Files.createDirectory(temp.resolve("page"));
    Files.writeString(temp.resolve("page/index.html"), "mine");
    refused(
        "page: holds index.html and is not an earlier export; give an empty or a new folder",
        words(line.formatted(trained, temp.resolve("page"))));
    Files.delete(temp.resolve("page/index.html"));
    Files.writeString(
        temp.resolve("page/hindsight-export.json"), "{\"by\":\"hindsight play --export\"}\n");
    Files.writeString(temp.resolve("page/recorded"), "a file");
    refused(
        "page/recorded: the folder cannot be created (",
        words(line.formatted(trained, temp.resolve("page")) + " --backend cpu"));
    Files.delete(temp.resolve("page/recorded"));
    Files.createSymbolicLink(temp.resolve("page/recorded"), temp);
    refused(
        "page/recorded: the folder cannot be created (it is a link)",
        words(line.formatted(trained, temp.resolve("page")) + " --backend cpu"));
  }

  @Test
  void compareThatWouldTrainWhereALinkLeads() throws IOException {
    Files.createDirectories(temp.resolve("elsewhere"));
    Files.createDirectory(temp.resolve("out"));
    Files.createSymbolicLink(temp.resolve("out/made"), temp.resolve("elsewhere"));
    refused("out/made: is a link, and training would write to its target", compare("made"));
  }

  private String[] compare(String models) {
    return "compare --models %s --epochs 1 --backend cpu --data %s --out %s"
        .formatted(models, shared.resolve("data"), temp.resolve("out"))
        .split(" ");
  }

  @ParameterizedTest
  @CsvSource({"index.html, is a folder", "table.md, is a folder", "lstm, is a file"})
  void compareBeforeItTrainsAnything(String name, String part) throws IOException {
    Path out = Files.createDirectory(temp.resolve("out"));
    if (name.equals("lstm")) {
      Files.writeString(out.resolve(name), "");
    } else {
      Files.createDirectory(out.resolve(name));
    }
    refused(part, compare("made,lstm"));
  }

  /// The second of two runs cannot go on: nobody waits for the first to find out.
  @ParameterizedTest
  @CsvSource({
    "no best weights, model.safetensors",
    "a foreign metric, metrics.jsonl line 1: not JSON",
    "no metrics, metrics.jsonl: is gone",
    "a bit of the best weights, model.safetensors: damaged",
  })
  void compareWithARunThatCannotGoOn(String fault, String part) throws IOException {
    assertThat(Ran.of(compare("made")).exit()).isZero();
    breakIt(fault, temp.resolve("out/made"));
    refused(part, compare("lstm,made"));
  }

  @Test
  void samplesOverTheRunItself() throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    for (String file : new String[] {"model.safetensors", "config.json", "metrics.jsonl"}) {
      refused(
          file + " is part of a run",
          "sample",
          "" + run,
          "--backend",
          "cpu",
          "--count",
          "1",
          "--out",
          "" + run.resolve(file));
    }
  }

  /// The run is in its first epoch, or lost its weights after it.
  @ParameterizedTest
  @CsvSource({
    "sample RUN --count 1, false, ': has no weights yet; let its first epoch end, or give another'",
    "evaluate RUN, false, ': has no weights yet; let its first epoch end, or give another run'",
    "complete RUN --test 0, false, ': has no weights yet; let its first epoch end, or give"
        + " another'",
    "play RUN --no-open, false, ': has no weights yet; let its first epoch end, or give another'",
    "evaluate RUN, true, 'model.safetensors: is gone, although epochs are done; put it back, or'",
  })
  void whatNeedsWeightsOfARunThatHasNone(String line, boolean done, String part)
      throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    Files.delete(run.resolve("model.safetensors"));
    if (!done) {
      Files.delete(run.resolve("optimizer.safetensors"));
    }
    refused(part, (line.replace("RUN", run.toString()) + " --backend cpu").split(" "));
  }
}
