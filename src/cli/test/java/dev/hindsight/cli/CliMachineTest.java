package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a user's machine does is one line as well: a full disk, a small heap, a pipe for a file.
@Tag("slow")
class CliMachineTest {
  @TempDir private static Path shared;
  @TempDir private Path temp;
  private static SmallRun trained;

  @BeforeAll
  static void train() throws IOException, InterruptedException {
    trained = SmallRun.train(shared, "cpu");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "devices",
        "train --help",
        "evaluate RUN --backend cpu --json",
        "evaluate RUN --backend cpu",
        "sample RUN --backend cpu --count 1 --out OUT/sheet.png",
        "train made --backend cpu --epochs 1 --batch 10 --data DATA --run OUT/new",
      })
  void lostOutputFails(String line) throws Exception {
    Path err = temp.resolve("err");
    Process process =
        Cli.process(arguments(line))
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

  private String[] arguments(String line) {
    return line.replace("RUN", trained.folder().toString())
        .replace("DATA", trained.data().toString())
        .replace("OUT", temp.toString())
        .split(" ");
  }

  @Test
  void aReaderThatHadEnoughIsNoFailure() throws Exception {
    Path err = temp.resolve("err");
    Process process = Cli.process("train", "--help").redirectError(err.toFile()).start();
    process.getInputStream().close(); // before a JVM can have written
    assertThat(process.waitFor()).isZero();
    assertThat(Files.readString(err)).doesNotContain("hindsight:", "Exception");
  }

  @Test
  void tooSmallAHeapIsOneLine() throws Exception {
    Cli cli =
        Cli.run(
            Cli.process(
                List.of("-Xmx10m"), "train", "made", "--backend", "cpu", "--run", temp + "/run"));
    assertThat(cli.exit()).as(cli.toString()).isEqualTo(1);
    assertThat(cli.err()).as(cli.toString()).hasSize(1);
    assertThat(cli.err().getFirst())
        .startsWith("hindsight: out of memory: Java may use ")
        .endsWith("; set JAVA_TOOL_OPTIONS=-Xmx2g");
  }

  @Test
  void digitsAreAsciiEverywhere() throws Exception {
    Cli cli =
        Cli.run(
            Cli.process(
                List.of("-Duser.language=ar", "-Duser.country=EG"),
                "train",
                "made",
                "--batch",
                "-3"));
    Cli.mistake(cli, "--batch must be at least 1 but is -3");
  }

  /// They would be waited for without end.
  @Test
  void pipesAreNoDataAndNoRun() throws Exception {
    Path data = Files.createDirectory(temp.resolve("pipes"));
    pipe(data.resolve("t10k-images-idx3-ubyte"));
    String run = trained.folder().toString();
    Cli.mistake(
        Cli.run("evaluate", run, "--backend", "cpu", "--data", data.toString()),
        "t10k-images-idx3-ubyte: cannot be read (it is a pipe or a device, not a file)");
    Path broken = trained.copy(temp);
    Path model = broken.resolve("model.safetensors");
    Files.delete(model);
    pipe(model);
    Cli.mistake(
        Cli.run(
            "evaluate", Objects.requireNonNull(model.getParent()).toString(), "--backend", "cpu"),
        "model.safetensors: cannot be read (it is a pipe or a device, not a file)");
  }

  private static void pipe(Path file) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
  }
}
