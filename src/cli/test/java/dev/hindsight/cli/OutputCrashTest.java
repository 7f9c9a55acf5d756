package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.cli.FaultyProcess.Ended;
import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Sheets and exported weights, stopped at the system calls that write them: each file is the old
/// one or the new one, and the same command again ends with the new ones and nothing else.
@Tag("slow")
class OutputCrashTest {
  private static final byte[] OLD = "old".getBytes(StandardCharsets.UTF_8);

  @TempDir private static Path shared;
  @TempDir private Path temp;
  private static FaultyProcess process;
  private static Path run;
  private static Path killed;
  private static Map<String, byte[]> whole = Map.of();

  @BeforeAll
  static void recordEveryState() throws IOException, InterruptedException {
    run = shared.resolve("run");
    process = new FaultyProcess(shared);
    Path root = shared.resolve("first");
    Path out = old(root.resolve("out.states-1"));
    Path states = shared.resolve("killed");
    List<String> commands = new ArrayList<>();
    commands.add(
        "train made --hidden 8 --backend cpu --epochs 1 --batch 10 --data %s --run %s"
            .formatted(IdxBytes.folder(shared.resolve("data"), new ImageShape(5, 7), 20, 10), run));
    commands.addAll(commands(out));
    assertThat(process.run(root, states, commands)).allMatch(end -> end.exit() == 0);
    killed = states.resolve("out.states-1");
    whole = files(out);
    assertThat(whole.values()).hasSize(4).doesNotContain(OLD);
  }

  private static List<String> commands(Path out) {
    return List.of(
        "sample %s --backend cpu --count 2 --out %s/sheet.png --gif %2$s/sheet.gif"
            .formatted(run, out),
        "complete %s --backend cpu --test 0 --count 2 --out %s/completions.png".formatted(run, out),
        "save %s %s/weights.safetensors".formatted(run, out));
  }

  private static Path old(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String file :
        List.of("sheet.png", "sheet.gif", "completions.png", "weights.safetensors")) {
      Files.write(folder.resolve(file), OLD);
    }
    return folder;
  }

  private static Map<String, byte[]> files(Path folder) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (var all = Files.list(folder)) {
      for (Path file : all.toList()) {
        files.put(String.valueOf(file.getFileName()), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private static void assertOldOrNew(Path folder) throws IOException {
    Map<String, byte[]> files = files(folder);
    whole.forEach(
        (name, bytes) -> assertThat(files.get(name)).as("%s/%s", folder, name).isIn(OLD, bytes));
  }

  /// Writes all files again, in a new process.
  private void assertWholeInTheEnd(List<Path> folders) throws Exception {
    List<String> commands = folders.stream().flatMap(f -> commands(f).stream()).toList();
    assertThat(process.run(temp.resolve("nothing fails"), temp.resolve("none"), commands))
        .allMatch(end -> end.exit() == 0);
    for (Path folder : folders) {
      Map<String, byte[]> files = files(folder);
      assertThat(files.keySet()).as("%s", folder).isEqualTo(whole.keySet());
      whole.forEach((name, bytes) -> assertThat(files.get(name)).as(name).isEqualTo(bytes));
    }
  }

  @Test
  void aKillLeavesTheOldFileOrTheNewOne() throws Exception {
    List<Path> all = FaultyProcess.states(killed);
    List<Path> different = FaultyProcess.distinct(all);
    List<Path> states = FaultyProcess.some(6, different);
    for (Path state : states) {
      assertOldOrNew(state);
    }
    List<Path> copies = new ArrayList<>();
    for (Path state : states) {
      Path copy = temp.resolve("copies").resolve(state.getFileName());
      FaultyProcess.copy(state, copy);
      copies.add(copy);
    }
    assertWholeInTheEnd(copies);
    System.out.printf(
        "killed outputs: %d calls, %d states, %d different, %d written again%n",
        FaultyProcess.call(all.getLast()), all.size(), different.size(), copies.size());
  }

  @Test
  void aCallThatFailsIsOneLineAndLeavesTheOldFileOrTheNewOne() throws Exception {
    int calls = FaultyProcess.call(FaultyProcess.states(killed).getLast());
    List<Path> folders = new ArrayList<>();
    List<String> commands = new ArrayList<>();
    for (String plan : List.of("eio", "enospc")) {
      for (int call : FaultyProcess.someCalls(4, calls)) {
        Path out = old(temp.resolve("root/%d.%s-%d".formatted(call, plan, call)));
        commands.addAll(commands(out));
        folders.add(out);
      }
    }
    List<Ended> ended = process.run(temp.resolve("root"), temp.resolve("none"), commands);
    FaultyProcess.assertOneLineAtMost(ended);
    assertThat(ended).filteredOn(end -> end.exit() != 0).hasSizeGreaterThan(folders.size() / 2);
    for (Path folder : folders) {
      assertOldOrNew(folder);
    }
    assertWholeInTheEnd(folders);
    System.out.printf(
        "failed outputs: %d calls, %d faults, %d of %d commands ended in a line%n",
        calls, folders.size(), ended.stream().filter(e -> e.exit() != 0).count(), ended.size());
  }
}
