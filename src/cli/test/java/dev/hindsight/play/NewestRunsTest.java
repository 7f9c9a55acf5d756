package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which runs are shown where nobody names any.
class NewestRunsTest {
  @TempDir private Path temp;

  @Test
  void findsTheNewestRunOfEachModel() throws Exception {
    Path folder = temp.resolve("runs");
    ModelConfig small = MadeConfig.random(ImageShape.MNIST, 20, 1, RandomKey.of(2));
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
}
