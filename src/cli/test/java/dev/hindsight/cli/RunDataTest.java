package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.testing.IdxBytes;
import dev.hindsight.train.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A run knows its images by their pixels, and finds them from any folder and wherever they go.
@Tag("slow")
class RunDataTest extends TrainedRun {
  private static Cli command(String line, Object... values) {
    return Cli.here(line + " --backend cpu", values);
  }

  private static Cli resume(Path run, String more) {
    return command("train made --resume --epochs 3 --run %s" + more, run);
  }

  private static Path config(Path run) {
    return run.resolve("config.json");
  }

  private Path copyWithData(String place) throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    RunConfig config = RunConfig.read(config(run));
    Files.write(config(run), config.with(config.data().at(place)).toJson());
    return run;
  }

  /// The folder is named from where the run began, and the run goes on from elsewhere.
  @Test
  void areFoundFromAnyFolder() throws Exception {
    Path data = IdxBytes.folder(temp.resolve("digits"), TinyRun.IMAGES, 10);
    Path run = temp.resolve("run");
    String line = "train made --hidden 8 --schedule constant --epochs 1 --batch 10 --backend cpu";
    Cli.run(Cli.process(line + " --data digits --run run").directory(temp.toFile())).ok();
    assertThat(RunConfig.read(config(run)).data().name()).isEqualTo(data.toString());
    Cli.run("train made --resume --backend cpu --run %s", run)
        .mistake("all 1 epochs are done already"); // so its data was found
    command("evaluate %s", run).ok();
    command("complete %s --test 0 --count 1", run).ok();
  }

  /// As a run of earlier versions, which kept what it was given, on a disk that has moved.
  @Test
  void areFoundWhereTheyAreNow() throws IOException {
    Path run = copyWithData("digits");
    Map<String, String> before = TinyRun.contents(run);
    resume(run, "").mistake("digits: no such folder; give --data a folder with train-images-idx3");
    Path others = IdxBytes.folder(temp.resolve("others"), TinyRun.IMAGES + 1, 10);
    resume(run, " --data " + others)
        .mistake(
            "--data %s has other images than the run's digits; leave it out, or start a new run without"
                    .formatted(others)
                + " --resume");
    assertThat(TinyRun.contents(run)).isEqualTo(before);
    Path moved = IdxBytes.folder(temp.resolve("moved"), TinyRun.IMAGES, 10);
    String place = moved.toString();
    command("complete %s --test 0 --count 1 --data %s", run, place).ok();
    resume(run, " --data " + place).ok();
    assertThat(RunConfig.read(config(run)).data().name()).isEqualTo(place);
    command("evaluate %s", run).ok();
  }

  /// What has a name keeps it, and sets of two names are not read to be compared.
  @Test
  void ofANameKeepIt() throws IOException {
    Path run = copyWithData("mnist");
    resume(run, " --data fashion-mnist")
        .mistake(
            "--data fashion-mnist differs from the run's mnist; leave it out, or start a new run");
    resume(run, " --data " + shared.resolve("data")).ok();
    assertThat(RunConfig.read(config(run)).data().name()).isEqualTo("mnist");
  }
}
