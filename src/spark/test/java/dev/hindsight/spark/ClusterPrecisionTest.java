package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.testing.IdxBytes;
import dev.hindsight.testing.RunEdits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    String data = IdxBytes.folder(temp.resolve("data"), 16, 4).toString();
    printed(
        List.of("train", "made", "--data=" + data, "--validation=0", "--epochs=1", "--batch=16"),
        List.of("--backend=cpu", "--run=" + run));
  }

  private void trainedIn(String precision) throws Exception {
    RunEdits.config(run, "(\"precision\" : )\"\\w+\"", "$1\"" + precision + "\"");
  }

  private static String printed(List<String> words, List<String> more) {
    List<String> all = new ArrayList<>(words);
    all.addAll(more);
    return Command.printed(all);
  }

  private static List<String> cluster() {
    List<String> words = new ArrayList<>(List.of("--cluster=local[1]", "--workers=1"));
    TestRun.SMALL.forEach((key, value) -> words.add("--conf=%s=%s".formatted(key, value)));
    return words;
  }

  @Test
  void evaluating() throws Exception {
    List<String> words = List.of("evaluate", run.toString(), "--backend=cpu", "--json");
    String here = printed(words, List.of());
    for (String trained : List.of("bf16", "tf32")) {
      trainedIn(trained);
      assertThat(printed(words, List.of())).isEqualTo(here);
      assertThat(printed(words, cluster())).isEqualTo(here);
    }
  }

  @Test
  void drawing() throws Exception {
    trainedIn("bf16");
    Path here = temp.resolve("here.png");
    Path there = temp.resolve("there.png");
    List<String> words =
        List.of("sample", run.toString(), "--backend=cpu", "--count=2", "--temperature=0.9");
    printed(words, List.of("--out=" + here));
    List<String> more = new ArrayList<>(cluster());
    more.add("--out=" + there);
    printed(words, more);
    assertThat(there).hasSameBinaryContentAs(here);
    trainedIn("tf32");
    printed(words, more);
    assertThat(there).hasSameBinaryContentAs(here);
  }
}
