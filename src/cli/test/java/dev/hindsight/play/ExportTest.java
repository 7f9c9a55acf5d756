package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.hindsight.backend.Backends;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.StoredRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Which runs are shown, and the page that needs no server.
class ExportTest {
  private static final int PIXELS = ImageShape.MNIST.pixels();
  private static final ModelConfig MADE =
      MadeConfig.random(ImageShape.MNIST, 20, 1, RandomKey.of(2));

  @TempDir private Path temp;

  @Test
  void findsTheNewestRunOfEachModel() throws Exception {
    Path folder = temp.resolve("runs");
    ModelConfig small = MADE;
    PlayedRuns.make(folder.resolve("old"), small);
    PlayedRuns.make(
        folder.resolve("compare/wavenet"), new WaveNetConfig(ImageShape.MNIST, 2, 2, 2));
    Path broken = Files.createDirectories(folder.resolve("broken"));
    Files.writeString(broken.resolve("config.json"), "{}");
    Files.setLastModifiedTime(folder.resolve("old/model.safetensors"), FileTime.fromMillis(1));
    PlayedRuns.make(folder.resolve("new"), small);
    assertThat(NewestRuns.in(folder))
        .extracting(run -> run.folder().path())
        .containsExactly(folder.resolve("new"), folder.resolve("compare/wavenet"));
    assertThat(NewestRuns.in(temp.resolve("nothing"))).isEmpty();
  }

  @Tag("slow")
  @Test
  void exportsAPageForAnyServer() throws Exception {
    Path out = temp.resolve("export");
    for (Path folder : Export.folders(out)) {
      Files.createDirectories(folder);
    }
    List<String> said = new ArrayList<>();
    StoredRun run = PlayedRuns.make(temp.resolve("made"), MADE);
    Export.write(List.of(run), () -> Backends.open("cpu"), out, said::add);
    assertThat(said).containsExactly("recording made");
    assertThatCode(() -> Export.requireOwn(out)).doesNotThrowAnyException();
    assertThat(out.resolve("index.html")).content().contains("data-source=\"recorded\"");
    JsonNode drawings = Json.read(out.resolve("recorded/drawings-0.json"));
    assertThat(drawings.size()).isEqualTo(5 * 3);
    String drawn = drawings.path(0).path("images").path(3).path("levels").stringValue();
    assertThat(LevelText.levels(drawn)).hasSize(PIXELS).containsOnly(0, 1);
    JsonNode structure = Json.read(out.resolve("recorded/structure.json"));
    for (JsonNode chapter : structure.path("chapters")) {
      for (JsonNode drawing : chapter.path("drawings")) {
        assertThat(out.resolve("drawings").resolve(drawing.path("file").stringValue())).exists();
      }
    }
    assertThat(Files.size(out.resolve("recorded/sees-0.bin"))).isEqualTo(PIXELS * (8L + PIXELS));
    byte[] sees = Files.readAllBytes(out.resolve("recorded/sees-0.bin"));
    byte[] row = Arrays.copyOfRange(sees, 400 * 792 + 8, 401 * 792);
    assertThat(Arrays.copyOfRange(row, 400, PIXELS)).containsOnly((byte) 0);
    assertThat(row).isNotEqualTo(new byte[PIXELS]);
  }
}
