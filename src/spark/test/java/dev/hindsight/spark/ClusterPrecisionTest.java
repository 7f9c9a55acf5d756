package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.testing.IdxBytes;
import dev.hindsight.testing.RunEdits;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// In which precision a cluster works is what `--precision` says, as on one machine, and not in
/// which the run was trained: bf16 is not on every CPU, and tf32 on none.
@Tag("slow")
class ClusterPrecisionTest {
  @TempDir private Path temp;
  private Path run;

  @BeforeEach
  void train() throws Exception {
    run = temp.resolve("run");
    Path data = IdxBytes.folder(temp.resolve("data"), 16, 4);
    Command.printed(
        "train made --hidden=16 --validation=0 --epochs=1 --batch=16 --backend=cpu --data=%s --run=%s"
            .formatted(data, run));
  }

  private void trainedIn(String precision) throws Exception {
    RunEdits.config(run, "(\"precision\" : )\"\\w+\"", "$1\"" + precision + "\"");
  }

  private static String onCluster(String line) {
    return Command.printed(line + " --cluster=local[1] --workers=1" + TestRun.conf(Map.of()));
  }

  @Test
  void evaluating() throws Exception {
    String line = "evaluate %s --backend=cpu --json".formatted(run);
    String here = Command.printed(line);
    for (String trained : List.of("bf16", "tf32")) {
      trainedIn(trained);
      assertThat(Command.printed(line)).isEqualTo(here);
      assertThat(onCluster(line)).isEqualTo(here);
    }
  }

  @Test
  void drawing() throws Exception {
    trainedIn("bf16");
    Path here = temp.resolve("here.png");
    Path there = temp.resolve("there.png");
    String line = "sample %s --backend=cpu --count=2 --temperature=0.9 --out=".formatted(run);
    Command.printed(line + here);
    onCluster(line + there);
    assertThat(there).hasSameBinaryContentAs(here);
    trainedIn("tf32");
    onCluster(line + there);
    assertThat(there).hasSameBinaryContentAs(here);
  }
}
