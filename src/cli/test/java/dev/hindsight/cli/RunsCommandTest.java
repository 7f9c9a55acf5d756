package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.FolderLock;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunsCommandTest {
  @TempDir private Path temp;

  private Path copy(Path run, String name, long second) throws IOException {
    Path copy = TinyRun.copy(run, temp.resolve("runs").resolve(name));
    Path weights = copy.resolve("model.safetensors");
    Files.setLastModifiedTime(weights, FileTime.fromMillis(1000 * second));
    return copy;
  }

  @Test
  void everyStateIsARowNewestFirstAndNothingIsWritten() throws IOException {
    Path run = TinyRun.train(Files.createDirectory(temp.resolve("shared")));
    Files.createDirectories(temp.resolve("runs/compare"));
    copy(run, "compare/whole", 1_000_000_020);
    Path stopped = copy(run, "stopped", 1_000_000_010);
    Files.delete(stopped.resolve("samples.png"));
    RunFaults.put("weights bit", copy(run, "broken", 1_000_000_030));
    Files.setLastModifiedTime(
        temp.resolve("runs/broken/model.safetensors"), FileTime.fromMillis(1_000_000_030_000L));
    Path foreign = Files.createDirectory(temp.resolve("runs/foreign"));
    Files.writeString(foreign.resolve("config.json"), "{}");
    Files.setLastModifiedTime(foreign.resolve("config.json"), FileTime.fromMillis(0));
    Path busy = copy(run, "busy", 1_000_000_040);
    Map<String, String> before = TinyRun.contents(temp);
    try (FolderLock _ = FolderLock.tryTake(busy)) {
      List<String> table = Cli.here("runs %s", temp.resolve("runs")).ok().lines();
      assertThat(table).hasSize(6);
      assertThat(table.getFirst()).startsWith("run ").endsWith("state");
      assertThat(table.get(1)).contains("runs/busy ", " made ").endsWith("training");
      assertThat(table.get(2)).contains("runs/broken ").endsWith("damaged: model.safetensors");
      assertThat(table.get(3))
          .contains("runs/compare/whole ", " made ", " data ", " 2 of 2 ", " 28x28  -  ")
          .endsWith("finished");
      assertThat(table.get(4)).contains("runs/stopped ").endsWith("stopped");
      assertThat(table.get(5)).contains("runs/foreign ", "0 of -").endsWith("damaged: config.json");
    }
    assertThat(TinyRun.contents(temp)).isEqualTo(before);

    var json = Json.parse("", Cli.here("runs --json %s", stopped).ok().out());
    assertThat(json.path("run").stringValue()).isEqualTo(stopped.toString());
    assertThat(json.path("classes").intValue()).isZero();
    assertThat(json.path("nll_nats").doubleValue()).isBetween(1.0, 600.0);
    assertThat(json.path("bits_per_dim").doubleValue())
        .isEqualTo(ImageShape.MNIST.bitsPerDim(json.path("nll_nats").doubleValue()));
    assertThat(json.path("measured_on").stringValue()).isEqualTo("test");
    assertThat(json.path("epochs").intValue()).isEqualTo(2);
    assertThat(json.path("state").stringValue()).isEqualTo("stopped");
    assertThat(json.path("when").stringValue()).isEqualTo("2001-09-09T01:46:50Z");
  }

  @Test
  void aFolderThatHasNone() throws IOException {
    assertThat(Cli.here("runs %s", temp).ok().out())
        .isEqualTo("no run in %s yet: train MODEL makes one\n".formatted(temp));
    assertThat(Cli.here("runs %s --json", temp).ok().out()).isEmpty();
    Cli.here("runs %s", temp.resolve("none")).mistake("no such folder; give folders of runs");
    Path file = Files.writeString(temp.resolve("file"), "");
    Cli.here("runs %s", file).mistake("is a file; give folders of runs");
  }
}
