package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.cli.FaultyProcess.Ended;
import dev.hindsight.testing.IdxBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A comparison of two models, killed at the system calls that change its folder: the same command
/// again ends with the same runs, and with the page.
@Tag("slow")
class CompareCrashTest {
  private static final List<String> MODELS = List.of("made", "lstm");

  /// Each state is a copy of megabytes.
  private static final String RECORDED = "out.states-" + (FaultyProcess.ALL ? 1 : 43);

  @TempDir private Path temp;

  @Test
  void aKilledComparisonGoesOn() throws Exception {
    FaultyProcess process = new FaultyProcess(temp);
    Path data = IdxBytes.folder(temp.resolve("data"), 8, 4);
    Path out = temp.resolve("first").resolve(RECORDED);
    Path states = temp.resolve("killed");
    assertThat(process.run(temp.resolve("first"), states, List.of(compare(data, out))))
        .containsExactly(new Ended(0, ""));
    List<FinishedRun> whole = new ArrayList<>();
    for (String model : MODELS) {
      whole.add(FinishedRun.read(out.resolve(model)));
    }
    List<String> table = withoutTimes(out);

    List<Path> killed = FaultyProcess.states(states.resolve(RECORDED));
    assertThat(killed).hasSizeGreaterThan(2);
    List<String> commands = killed.stream().map(state -> compare(data, state)).toList();
    List<Ended> ended = process.run(temp.resolve("nothing fails"), temp.resolve("none"), commands);
    assertThat(ended).isEqualTo(Collections.nCopies(killed.size(), new Ended(0, "")));
    for (Path state : killed) {
      for (int i = 0; i < MODELS.size(); i++) {
        FinishedRun.assertSame(state.resolve(MODELS.get(i)), whole.get(i));
      }
      FinishedRun.assertNoTemporaries(state);
      assertThat(withoutTimes(state)).as("%s", state).isEqualTo(table);
      assertThat(Files.readString(state.resolve("index.html"))).contains("samples of lstm");
    }
  }

  private static String compare(Path data, Path out) {
    return "compare --models %s --epochs 1 --batch 4 --backend cpu --data %s --out %s"
        .formatted(String.join(",", MODELS), data, out);
  }

  /// The columns of the table before those of times, and what is said below it.
  private static List<String> withoutTimes(Path out) throws IOException {
    return Files.readAllLines(out.resolve("table.md")).stream()
        .map(
            line ->
                line.startsWith("|")
                    ? String.join("|", List.of(line.split("\\|")).subList(0, 7))
                    : line)
        .toList();
  }
}
