package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.error.UserException;
import dev.hindsight.testing.ChildJvm;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir Path parent;

  private static void refuses(ThrowingCallable action, String... parts) {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(action)
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains(parts);
              assertThat(e.getMessage().lines()).hasSize(1);
            });
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private Path made() {
    Path path = parent.resolve("a/b/run");
    try (RunFolder run = RunFolder.create(path)) {
      run.write("config.json", bytes("{}"));
    }
    return path;
  }

  @Test
  void makesFindsAndResumes() throws IOException {
    Path path = made();
    try (RunFolder run = RunFolder.resume(path)) {
      run.write("model.safetensors", bytes("m"));
      assertThat(Files.readString(run.model())).isEqualTo("m");
      assertThat(run.config()).isEqualTo(path.resolve("config.json"));
      assertThat(run.optimizer()).isEqualTo(path.resolve("optimizer.safetensors"));
      assertThat(run.metrics()).isEqualTo(path.resolve("metrics.jsonl"));
      assertThat(run.samples()).isEqualTo(path.resolve("samples.png"));
      assertThat(run.events()).isEqualTo(path.resolve("events"));
    }
    try (RunFolder run = RunFolder.read(path)) {
      assertThat(run.path()).isEqualTo(path);
    }
  }

  @Test
  void refusesAFolderThatHoldsARun() throws IOException {
    Path path = made();
    refuses(() -> RunFolder.create(path), "already holds a run (config.json)", "--resume");
    Files.delete(path.resolve("config.json"));
    Files.writeString(path.resolve("metrics.jsonl"), "");
    refuses(() -> RunFolder.create(path), "already holds a run (metrics.jsonl)");
    Files.delete(path.resolve("metrics.jsonl"));
    RunFolder.create(path).close(); // the refusals left no lock
  }

  @Test
  void otherFilesInTheFolderAreLeftAlone() throws IOException {
    Files.writeString(parent.resolve("notes.txt"), "mine");
    RunFolder.create(parent).close();
    assertThat(parent.resolve("notes.txt")).hasContent("mine");
  }

  @Test
  void refusesWhatIsNoFolder() throws IOException {
    Path file = Files.writeString(parent.resolve("file"), "x");
    refuses(() -> RunFolder.create(file), "is a file");
    refuses(() -> RunFolder.create(file.resolve("run")), "cannot be made");
    refuses(() -> RunFolder.resume(file), "is a file");
    refuses(() -> RunFolder.read(parent.resolve("none")), "no such folder");
    refuses(() -> RunFolder.read(parent), "holds no run (no config.json)");
    refuses(() -> RunFolder.resume(parent), "holds no run (no config.json)");
  }

  @Test
  void refusesAnUnwritableFolder() {
    refuses(() -> RunFolder.create(Path.of("/proc/run")), "cannot be made"); // even for root
    refuses(() -> RunFolder.create(Path.of("/proc/self")), "cannot be written");
  }

  @Test
  void leavesNoFolderAboveOneThatCannotBeMade() {
    Path tooLong = parent.resolve("new/" + "n".repeat(300));
    refuses(() -> RunFolder.create(tooLong), "cannot be made");
    assertThat(parent).isEmptyDirectory();
  }

  @Test
  void refusesTwoAtATimeInOneProcess() {
    Path path = made();
    try (RunFolder first = RunFolder.resume(path)) {
      refuses(() -> RunFolder.resume(path), "another process is training");
      assertThat(first.path()).isEqualTo(path);
      RunFolder.read(path).close();
    }
    RunFolder.resume(path).close();
  }

  /// Says whether it could have trained.
  static final class Asker {
    private Asker() {}

    public static void main(String[] args) {
      try (RunFolder run = RunFolder.resume(Path.of(args[0]))) {
        System.out.println("free " + run.path());
      } catch (UserException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  /// Whoever closes a file gives up all locks of his process on it. So neither a second trainer nor
  /// `verify` that is refused may open it, by whatever name of the folder.
  @Test
  void whoIsRefusedInOneProcessLeavesTheOtherItsLock() throws IOException, InterruptedException {
    Path path = made();
    Path link = Files.createSymbolicLink(parent.resolve("link"), path);
    List<String> classes = ChildJvm.classPath(_ -> true);
    List<String> arguments = List.of(path.toString());
    RunFolder first = RunFolder.resume(path);
    refuses(() -> RunFolder.resume(path), "another process is training");
    refuses(() -> RunFolder.readAlone(link), "another process is training");
    assertThat(ChildJvm.run(List.of(), classes, Asker.class, Map.of(), arguments).out())
        .singleElement()
        .asString()
        .contains("another process is training");
    first.close();
    try (RunFolder second = RunFolder.resume(link)) {
      first.close(); // gives up nothing that is not its own
      refuses(() -> RunFolder.resume(path), "another process is training");
      assertThat(second.path()).isEqualTo(link);
    }
    assertThat(ChildJvm.run(List.of(), classes, Asker.class, Map.of(), arguments).out())
        .containsExactly("free " + path);
  }

  /// Holds a run's lock until its input ends.
  static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws IOException {
      try (RunFolder run = RunFolder.resume(Path.of(args[0]))) {
        System.out.println(run.path());
        System.out.flush();
        while (System.in.read() >= 0) {
          // wait
        }
      }
    }
  }

  @Test
  void refusesTwoProcessesAndForgetsADeadOne() throws IOException, InterruptedException {
    Path path = made();
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                String.join(
                    File.pathSeparator,
                    System.getProperty("java.class.path").split(File.pathSeparator, -1)),
                Holder.class.getName(),
                path.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(holder.inputReader().readLine()).isEqualTo(path.toString());
      refuses(() -> RunFolder.resume(path), "another process is training");
    } finally {
      holder.destroyForcibly();
      holder.waitFor();
    }
    RunFolder.resume(path).close();
  }

  @Test
  void removesWhatAKilledWriteLeft() throws IOException {
    Path path = made();
    Path torn =
        Files.writeString(path.resolve(".model.safetensors-999999999-1.hindsight-tmp"), "half");
    try (RunFolder run = RunFolder.resume(path)) {
      assertThat(torn).exists(); // a run that is refused stays as it is
      run.begin(RunConfigTest.EXAMPLE);
    }
    assertThat(torn).doesNotExist();
    assertThat(RunConfig.read(path.resolve("config.json"))).isEqualTo(RunConfigTest.EXAMPLE);
  }

  /// Whoever gives a run away may have put them there.
  @Test
  void linksAndPipesAreNeitherFollowedNorWaitedFor() throws IOException, InterruptedException {
    Path path = made();
    Path outside = parent.resolve("outside");
    Files.delete(path.resolve(".lock"));
    Files.createSymbolicLink(path.resolve(".lock"), outside);
    refuses(() -> RunFolder.resume(path), ".lock is a link; replace it by what it leads to");
    assertThat(outside).doesNotExist();
    Files.delete(path.resolve(".lock"));
    pipe(path.resolve(".lock"));
    refuses(() -> RunFolder.resume(path), "it is a pipe or a device, not a file");
    Files.delete(path.resolve(".lock"));
    pipe(path.resolve(".a-999999999-1.hindsight-tmp"));
    Files.createSymbolicLink(path.resolve(".b-999999999-1.hindsight-tmp"), outside);
    try (RunFolder run = RunFolder.resume(path)) {
      run.begin(RunConfigTest.EXAMPLE);
    }
    assertThat(outside).doesNotExist();
  }

  /// Else the first that is written would appear where it leads.
  @Test
  void aLinkThatLeadsNowhereIsAFileOfARunToo() throws IOException {
    Path path = Files.createDirectory(parent.resolve("new"));
    Files.createSymbolicLink(path.resolve("metrics.jsonl"), parent.resolve("outside"));
    refuses(() -> RunFolder.create(path), "already holds a run (metrics.jsonl)");
  }

  private static void pipe(Path file) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
  }
}
