package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A training on a GPU says what a step reserves, before it begins; on the CPU none does.
class GpuMemoryTest {
  private static final String LINE =
      "GPU memory: model, optimizer and a step of 10 images reserve ";

  @TempDir private Path temp;

  private Cli train(String where) throws IOException {
    Path data = IdxBytes.folder(temp.resolve("data"), new ImageShape(3, 4), 20, 10);
    return Cli.here(
            "train made --hidden 8 --epochs 1 --batch 10 --data %s --run %s " + where,
            data,
            temp.resolve("run"))
        .ok();
  }

  @Test
  void isSaidBeforeTheFirstStep() throws IOException {
    assertThat(train("--device software").out())
        .containsPattern("seed 0\n" + LINE + "[\\d,]{9,} bytes\n");
  }

  @Test
  void isNotSaidOfTheCpu() throws IOException {
    assertThat(train("--backend cpu").out()).doesNotContain("GPU memory");
  }
}
