package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.quality.Quality;
import dev.hindsight.testing.IdxBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QualityCommandTest {
  @TempDir private Path temp;

  @Test
  void measuresARunAndWritesAPage() throws Exception {
    Path run = TinyRun.train(temp);
    Path data = IdxBytes.folder(temp.resolve("more"), 90, 70);
    Path classifier = temp.resolve("classifier.safetensors");
    String line = "quality %s --data %s --classifier %s --backend cpu";
    Cli first = Cli.here(line, run, data, classifier).ok();
    assertThat(first.out())
        .contains("training a classifier on the labels of more (90 images)")
        .contains("features of the classifier classifier.safetensors, which finds the class of ")
        .contains("page " + run.resolve("quality.html"));
    assertThat(first.lines()).anyMatch(l -> l.matches("copies +test images +0\\.0.*"));
    Quality found = Json.record(Files.readString(run.resolve("quality.json")), Quality.class);
    assertThat(found.images()).isEqualTo(70);
    assertThat(found.samples().getFirst().row().copies().value()).isBetween(0.0, 1.0);
    assertThat(run.resolve("quality.html"))
        .content()
        .contains("<td>test images</td>", "<th>copies</th>", "70 samples", "data:image/png;base64,")
        .doesNotContain("${", "src=\"http");
    assertThat(Cli.here("verify %s --backend cpu", run).ok().lines())
        .anyMatch(l -> l.matches("quality.json +ok"));

    Cli again = Cli.here(line + " --samples 65 --json", run, data, classifier).ok();
    assertThat(again.lines()).hasSize(1);
    assertThat(Json.record(again.out(), Quality.class).images()).isEqualTo(65);
    assertThat(Cli.here(line + " --samples 65 --json", run, data, classifier).ok().out())
        .isEqualTo(again.out());

    Path small = IdxBytes.folder(temp.resolve("small"), new ImageShape(5, 7), 70, 70);
    Cli.here("quality %s --data %s --backend cpu", run, small).mistake("has images of 5x7");
    Files.write(classifier, new byte[9]);
    Cli.here(line, run, data, classifier).mistake("" + classifier);
    Files.delete(data.resolve("train-labels-idx1-ubyte"));
    Files.delete(data.resolve("t10k-labels-idx1-ubyte"));
    Cli.here("quality %s --data %s --backend cpu", run, data).mistake("images have no labels");
  }

  @Test
  void whatCannotBeMeasuredIsOneLine() throws Exception {
    Path run = TinyRun.train(temp);
    Cli.here("quality %s --samples 1", run).mistake("1 samples are too few", "at least 65");
    Cli.here("quality %s --samples 64", run).mistake("64 samples are too few");
    Cli.here("quality %s --samples 20000", run).mistake("--samples must be at most 10000");
    Cli.here("quality %s --samples 65", run).mistake("has 10 images for testing and 40 for");
    Cli.here("quality %s", run).mistake("10 samples are too few");
    Cli.here("quality %s --neighbours 0 --samples 70", run).mistake("--neighbours must be from 1");
    Cli.here("quality %s", temp.resolve("none")).mistake("no such folder");
    for (String file : new String[] {"config.json", "config.html"}) { // beside it config.json
      Cli.here("quality %s --out %s", run, run.resolve(file)).mistake("is part of a run");
    }
  }
}
