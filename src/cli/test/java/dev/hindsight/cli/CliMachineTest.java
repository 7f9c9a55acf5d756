package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a user's machine does is one line as well: a full disk, a small heap, a pipe for a file.
@Tag("slow")
class CliMachineTest extends TrainedRun {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "devices",
        "train --help",
        "evaluate RUN --backend cpu --json",
        "evaluate RUN --backend cpu",
        "sample RUN --backend cpu --count 1 --out OUT/sheet.png",
        "train made --hidden 8 --backend cpu --epochs 1 --batch 10 --data DATA --run OUT/new",
      })
  void lostOutputFails(String line) throws Exception {
    Path err = temp.resolve("err");
    Process process =
        Cli.process(
                line.replace("RUN", trained.toString())
                    .replace("DATA", shared.resolve("data").toString())
                    .replace("OUT", temp.toString()))
            .redirectOutput(Path.of("/dev/full").toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(Files.readAllLines(err))
        .filteredOn(said -> said.startsWith("hindsight: "))
        .containsExactly(
            "hindsight: standard output was lost: No space left on device; free some, or write"
                + " elsewhere");
  }

  @Test
  void aReaderThatHadEnoughIsNoFailure() throws Exception {
    Path err = temp.resolve("err");
    Process process = Cli.process("train --help").redirectError(err.toFile()).start();
    process.getInputStream().close(); // before a JVM can have written
    assertThat(process.waitFor()).isZero();
    assertThat(Files.readString(err)).doesNotContain("hindsight:", "Exception");
  }

  @Test
  void tooSmallAHeapIsOneLine() throws Exception {
    String line = "train made --backend cpu --run %s";
    Cli.run(Cli.java(Main.class, List.of("-Xmx10m"), Cli.words(line, temp.resolve("run"))))
        .failed(1, "out of memory: Java may use ", "; set JAVA_TOOL_OPTIONS=-Xmx2g\n");
  }

  @Test
  void digitsAreAsciiEverywhere() throws Exception {
    List<String> arabic = List.of("-Duser.language=ar", "-Duser.country=EG");
    Cli.run(Cli.java(Main.class, arabic, Cli.words("train made --batch -3")))
        .mistake("--batch must be at least 1 but is -3");
  }

  /// They would be waited for without end.
  @Test
  void pipesAreNoDataAndNoRun() throws Exception {
    Path data = Files.createDirectory(temp.resolve("pipes"));
    pipe(data.resolve("t10k-images-idx3-ubyte"));
    Cli.run("evaluate %s --backend cpu --data %s", trained, data)
        .mistake("t10k-images-idx3-ubyte: cannot be read (it is a pipe or a device, not a file)");
    Path broken = TinyRun.copy(trained, temp.resolve("copy"));
    Path model = broken.resolve("model.safetensors");
    Files.delete(model);
    pipe(model);
    Cli.run("evaluate %s --backend cpu", broken)
        .mistake("model.safetensors: cannot be read (it is a pipe or a device, not a file)");
  }

  private static void pipe(Path file) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
  }
}
