package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.SafetensorsReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class InterruptTest {
  @TempDir private Path temp;

  /// Presses Ctrl-C once a file is there.
  ///
  /// @return what the process said on its way out
  private String interruptedAt(Path file, String line, Object... values) throws Exception {
    Path err = temp.resolve("err");
    ProcessBuilder builder =
        Cli.process(line, values)
            .redirectError(err.toFile())
            .redirectOutput(temp.resolve("stdout").toFile());
    // A shell starts its background jobs deaf to Ctrl-C, and all that they start.
    builder.command().addAll(0, List.of("env", "--default-signal=INT"));
    Process process = builder.start();
    while (!Files.exists(file)) {
      assertThat(process.isAlive()).as("still training").isTrue();
      Thread.sleep(50);
    }
    new ProcessBuilder("bash", "-c", "kill -INT " + process.pid()).start().waitFor();
    assertThat(process.waitFor()).isEqualTo(130);
    return Files.readString(err, StandardCharsets.UTF_8);
  }

  /// compare has no --run and no --resume.
  @Test
  void ctrlCInACompareSaysToRunItAgain() throws Exception {
    Path out = temp.resolve("two words");
    String line = "compare --models made --backend nd4j --batch 2000 --out";
    assertThat(interruptedAt(out.resolve("made/config.json"), line + " %s", out))
        .contains("stopped; resume with: ./hindsight %s '%s'".formatted(line, out));
  }

  /// Ctrl-C in the second epoch: the first one's checkpoint is whole, and the way back is said.
  @Test
  void ctrlCInMidEpochKeepsTheLastCheckpoint() throws Exception {
    Path run = temp.resolve("run");
    String line = "train made --hidden 400 --backend nd4j --batch 2000 --run " + run;
    assertThat(interruptedAt(run.resolve("optimizer.safetensors"), line))
        .contains(
            "stopped; resume with: ./hindsight train made --run "
                + run
                + " --resume --backend nd4j\n");
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors"}) {
      try (SafetensorsReader reader = SafetensorsReader.open(run.resolve(file))) {
        assertThat(reader.entries()).isNotEmpty();
      }
    }
  }
}
