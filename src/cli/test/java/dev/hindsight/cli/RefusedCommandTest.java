package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A command that is refused says so in one line and leaves every file as it was.
@Tag("slow")
class RefusedCommandTest extends TrainedRun {
  /// Runs the command and looks at all that is in the temporary folder.
  private void refused(String part, String line, Object... values) throws IOException {
    Map<String, String> before = TinyRun.contents(temp);
    Cli.here(line, values).mistake(part);
    assertThat(TinyRun.contents(temp)).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    "nothing, 2, all 2 epochs are done already; give more with --epochs",
    "nothing, 1, '--epochs 1 is less than the 2 that are done; give more, or leave it out'",
    "sheet gone, 1, --epochs 1 is less than the 2 that are done",
    "weights gone, 3, 'model.safetensors: is gone, and without the best weights the run'",
    "weights bit, 3, 'model.safetensors: damaged: its SHA-256 is '",
    "state bit, 3, 'optimizer.safetensors: damaged: its SHA-256 is '",
    "config bit, 3, 'config.json: '",
    "metrics bit, 3, 'metrics.jsonl: line '",
    "events a link, 3, 'events: is a file or a link, not a folder; move it away'",
    "lock a link, 3, '.lock is a link; replace it by what it leads to'",
    "state gone, 3, 'optimizer.safetensors: is gone, so the run cannot go on; put back what it was'",
    "'state, metrics and sheet gone', 3, 'optimizer.safetensors: is gone, so the run cannot go on'",
    "metrics foreign, 3, 'metrics.jsonl: line 2: not JSON'",
    "metrics gone, 3, 'metrics.jsonl: is gone, although 2 epochs are done; put back what it'",
    "metrics cut, 3, 'ends in the middle of epoch 2 but optimizer.safetensors after"
        + " it; put back'",
    "metrics late, 3, 'line 1: is of epoch 2, train; expected epoch 1, train; put" + " back'",
    "metrics a folder, 3, 'metrics.jsonl: is a folder, not a file; move it away'",
    "sheet a folder, 3, 'samples.png: is a folder, not a file; move it away'",
    "events a file, 3, 'events: is a file or a link, not a folder; move it away'",
  })
  void resume(String fault, int epochs, String part) throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    RunFaults.put(fault, run);
    Files.writeString(run.resolve(".samples.png-1-1.hindsight-tmp"), "left by a killed process");
    refused(part, "train made --backend cpu --resume --run %s --epochs %s", run, epochs);
  }

  /// The lock of a run is made by whoever trains there, and nobody trains in a folder of others.
  @Test
  void trainIntoAFolderOfOthers() throws IOException {
    Path others = Files.createDirectory(temp.resolve("others"));
    Files.writeString(others.resolve("config.json"), "{}");
    refused("already holds a run (config.json)", "train made --backend cpu --run %s", others);
    assertThat(others.resolve(".lock")).doesNotExist();
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
    refused(part, line + " --data %s", temp.resolve("no-data"));
  }

  /// Of 40 images five are held out.
  @Test
  void trainInShardsThatTheImagesDoNotFill() throws IOException {
    refused(
        "a batch of 35 images cannot be cut into 2 equal shards",
        "train made --backend cpu --batch 64 --shards 2 --data %s --run %s",
        shared.resolve("data"),
        temp.resolve("run"));
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
        "compare --models made --data %s --out %s " + options,
        shared.resolve("data"),
        temp.resolve("out/deep"));
  }

  @Test
  void compareWithoutTestImages() throws IOException {
    Path data = TinyRun.copy(shared.resolve("data"), temp.resolve("data"));
    Files.delete(data.resolve("t10k-images-idx3-ubyte"));
    refused(
        "t10k-images-idx3-ubyte",
        "compare --models made --backend cpu --data %s --out %s",
        data,
        temp.resolve("out"));
  }

  @Test
  void compareThatWouldTrainWhereALinkLeads() throws IOException {
    Files.createDirectories(temp.resolve("elsewhere"));
    Files.createDirectory(temp.resolve("out"));
    Files.createSymbolicLink(temp.resolve("out/made"), temp.resolve("elsewhere"));
    refused("out/made: is a link, and training would write to its target", compare("made"));
  }

  private String compare(String models) {
    return "compare --models %s --preset tiny --epochs 1 --backend cpu --data %s --out %s"
        .formatted(models, shared.resolve("data"), temp.resolve("out"));
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
    "weights gone, model.safetensors",
    "metrics foreign, metrics.jsonl line 3: not JSON",
    "metrics gone, metrics.jsonl: is gone",
    "weights bit, model.safetensors: damaged",
  })
  void compareWithARunThatCannotGoOn(String fault, String part) throws IOException {
    Cli.here(compare("made")).ok();
    RunFaults.put(fault, temp.resolve("out/made"));
    refused(part, compare("lstm,made"));
  }

  @Test
  void samplesOverTheRunItself() throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    for (String file : new String[] {"model.safetensors", "config.json", "metrics.jsonl"}) {
      refused(
          file + " is part of a run",
          "sample %s --backend cpu --count 1 --out %s",
          run,
          run.resolve(file));
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
    refused(part, line.replace("RUN", "%s") + " --backend cpu", run);
  }
}
