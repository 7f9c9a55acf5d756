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
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A run of three epochs, stopped at the system calls that change its folder: it goes on to the
/// bits of one that was never stopped, and leaves nothing else behind.
@Tag("slow")
class TrainCrashTest {
  /// A resumed run makes some 100 calls. Odd, so that second kills are spread over all of them.
  private static final int SECOND = 61;

  @TempDir private static Path shared;
  @TempDir private Path temp;
  private static FaultyProcess process;
  private static Path data;
  private static FinishedRun whole;
  private static Path killed;

  /// What a run does, each a call and the name of a file.
  private static List<String> log = List.of();

  /// How many calls a run makes.
  private static int calls;

  @BeforeAll
  static void recordEveryState() throws IOException, InterruptedException {
    process = new FaultyProcess(shared);
    data = IdxBytes.folder(shared.resolve("data"), new ImageShape(5, 7), 20, 10);
    Path run = shared.resolve("first/run.states-1");
    Path states = shared.resolve("killed");
    assertThat(process.run(shared.resolve("first"), states, List.of(train(run))))
        .containsExactly(new Ended(0, ""));
    log = calls(Files.readAllLines(process.log()));
    whole = FinishedRun.read(run);
    killed = states.resolve("run.states-1");
    calls = FaultyProcess.states(killed).stream().mapToInt(FaultyProcess::call).max().orElseThrow();
    assertThat(calls).isGreaterThan(100);
  }

  private static List<String> calls(List<String> lines) {
    return lines.stream()
        .map(line -> line.split(" ", 3))
        .map(parts -> parts[1] + " " + Path.of(parts[2]).getFileName())
        .toList();
  }

  private static String train(Path run) {
    return "train made --hidden 8 --backend cpu --epochs 3 --batch 10 --data %s --run %s"
        .formatted(data, run);
  }

  /// A folder without a config holds no run yet.
  private static String goOn(Path run) {
    return Files.exists(run.resolve("config.json"))
        ? "train made --backend cpu --run %s --resume".formatted(run)
        : train(run);
  }

  private List<Ended> goOn(String root, List<Path> runs) throws Exception {
    List<String> commands = runs.stream().map(TrainCrashTest::goOn).toList();
    return process.run(temp.resolve(root), temp.resolve("again"), commands);
  }

  private static void assertWhole(List<Path> runs, List<Ended> ended) throws IOException {
    for (int i = 0; i < runs.size(); i++) {
      Ended end = ended.get(i);
      assertThat(end)
          .as("%s", runs.get(i))
          .matches(e -> e.exit() == 0 || e.err().contains("all 3 epochs are done already"));
      FinishedRun.assertSame(runs.get(i), whole);
    }
  }

  /// What is there when the process is killed before a call, or in the middle of a write; and one
  /// in three is killed again while it goes on.
  @Test
  void aKilledRunGoesOn() throws Exception {
    Path root = Files.createDirectory(temp.resolve("root"));
    List<Path> runs = new ArrayList<>();
    List<Path> states = FaultyProcess.states(killed);
    List<Path> different = FaultyProcess.distinct(states);
    for (Path state : FaultyProcess.some(18, different)) {
      String plan = runs.size() % 3 == 0 ? ".states-" + SECOND : ".none-0";
      Path run = root.resolve(state.getFileName() + plan);
      FaultyProcess.copy(state, run);
      runs.add(run);
    }
    assertWhole(runs, goOn("root", runs));

    List<Path> again = new ArrayList<>();
    for (Path run : FaultyProcess.states(temp.resolve("again"))) {
      again.addAll(FaultyProcess.states(run));
    }
    assertThat(again).hasSizeGreaterThan(runs.size() / 4);
    assertWhole(again, goOn("nothing fails", again));
    System.out.printf(
        "killed runs: %d calls, %d states, %d different, %d and %d again went on%n",
        calls, states.size(), different.size(), runs.size(), again.size());
  }

  /// A lost power supply takes what was not forced to disk. A state tells of an epoch, so all that
  /// the epoch wrote is there before the state gets its name, and the folder's names after it.
  @Test
  void whatAnEpochWroteIsOnDiskBeforeItsState() {
    Set<String> unforced = new TreeSet<>();
    int states = 0;
    for (String call : log) {
      String file = call.substring(call.indexOf(' ') + 1);
      if (call.startsWith("write ") || call.startsWith("truncate ")) {
        unforced.add(file);
      } else if (call.startsWith("fsync ")) {
        unforced.remove(file);
      } else if (call.equals("rename optimizer.safetensors")) {
        assertThat(unforced).as("at state %d", ++states).isEmpty();
      }
    }
    assertThat(states).isEqualTo(3);
    assertThat(unforced).as("in the end").isEmpty();
    String events =
        log.stream().filter(call -> call.contains("tfevents")).findFirst().orElseThrow();
    int made = log.indexOf(events);
    int first = log.indexOf("rename optimizer.safetensors");
    assertThat(log.subList(made, first)).contains("fsync events");
    assertThat(log.subList(log.indexOf("mkdir events"), made)).contains("fsync run.states-1");
  }

  /// What the test above starts from is what a kill leaves.
  @Test
  void aKillLeavesWhatWasRecorded() throws Exception {
    List<Path> states = FaultyProcess.states(killed);
    List<Path> halves = states.stream().filter(p -> p.toString().endsWith(".half")).toList();
    for (Path state : new Path[] {states.get(states.size() / 2), halves.get(halves.size() / 2)}) {
      String plan = halves.contains(state) ? "half-" : "kill-";
      Path run = temp.resolve("root/run." + plan + FaultyProcess.call(state));
      assertThat(process.run(temp.resolve("root"), temp.resolve("none"), List.of(train(run))))
          .isEmpty();
      assertThat(FaultyProcess.shape(run)).isEqualTo(FaultyProcess.shape(state));
    }
  }

  /// The run fails in one line or needs nothing of the call; then it goes on.
  @ParameterizedTest
  @CsvSource({"eio,Input/output error", "enospc,No space left on device"})
  void aRunWhoseCallFailsGoesOn(String plan, String reason) throws Exception {
    List<Path> runs = new ArrayList<>();
    for (int call : FaultyProcess.someCalls(5, calls)) {
      runs.add(temp.resolve("root/run%d.%s-%d".formatted(call, plan, call)));
    }
    List<Ended> ended = goOn("root", runs);
    for (int i = 0; i < runs.size(); i++) {
      assertThat(ended.get(i))
          .as("%s", runs.get(i))
          .matches(end -> end.exit() == 0 || end.isOneLineWith(reason));
    }
    List<Path> after = FaultyProcess.withoutFaults(runs, temp.resolve("after"));
    assertWhole(after, goOn("after", after));
    System.out.printf(
        "failed runs: %s at %d of %d calls, %d ended in a line, all went on%n",
        plan, runs.size(), calls, ended.stream().filter(end -> end.exit() != 0).count());
  }

  /// The system may take less than it is given.
  @Test
  void writesThatTakeHalfAreGoneOnWith() throws Exception {
    List<Path> run = List.of(temp.resolve("root/run.short-1"));
    assertWhole(run, goOn("root", run));
  }
}
