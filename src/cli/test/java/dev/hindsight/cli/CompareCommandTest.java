package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class CompareCommandTest {
  @Test
  void trainsWhatIsNotTrainedYetAndWritesThePage(@TempDir Path temp) throws Exception {
    String data = IdxBytes.folder(temp.resolve("data"), new ImageShape(5, 7), 8, 4).toString();
    String out = temp.resolve("out").toString();
    String line =
        "compare --models made --data %s --epochs 1 --batch 4 --backend cpu --out %s"
            .formatted(data, out);
    Cli first = Cli.here(line).ok();
    assertThat(first.out()).contains("\nepoch 1/1: validation ");
    assertThat(Files.readString(temp.resolve("out/index.html"))).contains("samples of made");
    assertThat(Files.readAllLines(temp.resolve("out/table.md")))
        .filteredOn(l -> l.startsWith("| "))
        .hasSize(3);
    assertThat(Files.readString(temp.resolve("out/index.html")))
        .contains(
            "<p>epoch 1, ", "<img alt=\"samples of made after epoch 1\" src=\"data:image/png;");
    Path alone = temp.resolve("alone");
    Cli.here("train made --data %s --epochs 1 --batch 4 --backend cpu --run %s", data, alone).ok();
    assertThat(temp.resolve("out/made/samples-1.png")).exists();
    assertThat(alone.resolve("samples-1.png")).doesNotExist();
    assertThat(alone.resolve("model.safetensors"))
        .hasSameBinaryContentAs(temp.resolve("out/made/model.safetensors"));
    assertThat(first.out()).contains("pixels by threshold; epoch chosen on 1 validation images");

    assertThat(Cli.here(line).ok().out())
        .contains(temp.resolve("out/made") + ": already trained")
        .doesNotContain("\nepoch");

    Path run = temp.resolve("out/made");
    byte[] sheet = Files.readAllBytes(run.resolve("samples.png"));
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors", "samples.png"}) {
      Files.delete(run.resolve(file));
    }
    Files.delete(run.resolve("metrics.jsonl")); // as if killed in the first one
    assertThat(Cli.here(line).ok().out())
        .contains("no whole epoch was saved, so the run begins at its first")
        .contains("\nepoch 1/1: validation ");
    assertThat(run.resolve("samples.png")).hasBinaryContent(sheet);

    Cli.here(line.replace("backend cpu", "backend nd4j"))
        .mistake(
            run
                + ": was trained with --backend cpu, not nd4j; use the same settings, or another --out");
  }
}
