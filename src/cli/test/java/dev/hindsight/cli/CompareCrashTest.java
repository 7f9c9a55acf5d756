package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.cli.FaultyProcess.Ended;
import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A comparison of two models, stopped at the system calls that change its folder: the same command
/// again ends with the same runs, table and page, and leaves nothing else behind.
@Tag("slow")
class CompareCrashTest {
  /// Those that are drawn soonest and have the smallest states.
  private static final List<String> MODELS = List.of("pixel-rnn", "lstm");

  private static final String RECORDED = "out.states-" + (FaultyProcess.ALL ? 1 : 31);

  /// Odd, so that second kills are spread over all calls of what goes on.
  private static final int SECOND = 71;

  @TempDir private static Path shared;
  @TempDir private Path temp;
  private static FaultyProcess process;
  private static Path data;
  private static Path killed;
  private static List<FinishedRun> whole = List.of();
  private static List<String> table = List.of();

  /// How many calls a comparison makes.
  private static int calls;

  @BeforeAll
  static void recordStates() throws IOException, InterruptedException {
    process = new FaultyProcess(shared);
    data = IdxBytes.folder(shared.resolve("data"), new ImageShape(5, 7), 8, 4);
    Path out = shared.resolve("first").resolve(RECORDED);
    Path states = shared.resolve("killed");
    assertThat(process.run(shared.resolve("first"), states, List.of(compare(out))))
        .containsExactly(new Ended(0, ""));
    calls = Files.readAllLines(process.log()).size();
    assertThat(calls).isGreaterThan(100);
    killed = states.resolve(RECORDED);
    whole = runs(out);
    table = withoutTimes(out);
  }

  private static String compare(Path out) {
    return "compare --models %s --epochs 1 --batch 4 --backend cpu --data %s --out %s"
        .formatted(String.join(",", MODELS), data, out);
  }

  private static List<FinishedRun> runs(Path out) throws IOException {
    List<FinishedRun> runs = new ArrayList<>();
    for (String model : MODELS) {
      runs.add(FinishedRun.read(out.resolve(model)));
    }
    return runs;
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

  private List<Ended> goOn(String root, List<Path> outs) throws Exception {
    List<String> commands = outs.stream().map(CompareCrashTest::compare).toList();
    return process.run(temp.resolve(root), temp.resolve("again"), commands);
  }

  private void assertGoOn(String root, List<Path> outs) throws Exception {
    assertThat(goOn(root, outs)).hasSameSizeAs(outs).containsOnly(new Ended(0, ""));
    for (Path out : outs) {
      for (int i = 0; i < MODELS.size(); i++) {
        FinishedRun.assertSame(out.resolve(MODELS.get(i)), whole.get(i));
      }
      FinishedRun.assertNoTemporaries(out);
      assertThat(withoutTimes(out)).as("%s", out).isEqualTo(table);
      assertThat(Files.readString(out.resolve("index.html"))).contains("samples of lstm");
    }
  }

  /// One in three is killed again while it goes on.
  @Test
  void aKilledComparisonGoesOn() throws Exception {
    List<Path> states = FaultyProcess.states(killed);
    List<Path> different = FaultyProcess.distinct(states);
    List<Path> outs = new ArrayList<>();
    for (Path state : FaultyProcess.some(5, different)) {
      String plan = outs.size() % 3 == 0 ? ".states-" + SECOND : ".none-0";
      Path out = temp.resolve("root").resolve(state.getFileName() + plan);
      FaultyProcess.copy(state, out);
      outs.add(out);
    }
    assertThat(outs).hasSizeGreaterThan(4);
    assertGoOn("root", outs);

    List<Path> again = new ArrayList<>();
    for (Path out : FaultyProcess.states(temp.resolve("again"))) {
      again.addAll(FaultyProcess.states(out));
    }
    assertThat(again).isNotEmpty();
    assertGoOn("nothing fails", again);
    System.out.printf(
        "killed comparisons: %d calls, %d states, %d different, %d and %d again went on%n",
        calls, states.size(), different.size(), outs.size(), again.size());
  }

  /// The comparison fails in one line or needs nothing of the call; then it goes on.
  /// [TrainCrashTest] fails the calls of a run every time.
  @Test
  @Tag("exhaustive")
  void aComparisonWhoseCallFailsGoesOn() throws Exception {
    List<Path> outs = new ArrayList<>();
    for (String plan : List.of("eio", "enospc")) {
      for (int call : FaultyProcess.someCalls(2, calls)) {
        outs.add(temp.resolve("root/out%d.%s-%d".formatted(call, plan, call)));
      }
    }
    List<Ended> ended = goOn("root", outs);
    FaultyProcess.assertOneLineAtMost(ended);
    assertGoOn("after", FaultyProcess.withoutFaults(outs, temp.resolve("after")));
    System.out.printf(
        "failed comparisons: %d calls, %d faults, %d ended in a line, all went on%n",
        calls, outs.size(), ended.stream().filter(end -> end.exit() != 0).count());
  }
}
