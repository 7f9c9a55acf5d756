package dev.hindsight.bench.gpuday;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A program of ours in a JVM of its own with the flags and the class path of this one.
final class ChildJava implements AutoCloseable {
  private static final int OF_SIGNALS = 128; // what POSIX shells add to a signal's number

  private static final String FRAME = "# Problematic frame:"; // it is on the next line

  private final Process process;
  private final Path errors;
  private final List<String> crash = new CopyOnWriteArrayList<>(); // what a JVM prints of its own
  private final Thread reader;
  private volatile @Nullable RuntimeException lost; // why its lines were not taken

  /// Starts it.
  ///
  /// @param folder for its standard error, and the report of a JVM that crashes
  /// @param lines takes each line of its standard output as it comes, in a thread of its own
  ChildJava(Part part, Path folder, Consumer<String> lines) throws IOException {
    List<String> command = new ArrayList<>(part.before());
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags());
    command.add("-XX:ErrorFile=" + folder.resolve("crash-%p.log"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), part.main().getName()));
    command.addAll(part.words());
    errors = Files.createTempFile(folder, "child", ".tmp");
    process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    process.getOutputStream().close();
    reader = Thread.ofPlatform().daemon().start(() -> read(lines));
  }

  private void read(Consumer<String> lines) {
    try {
      process
          .inputReader(StandardCharsets.UTF_8)
          .lines()
          .forEach(
              line -> (line.startsWith("#") ? (Consumer<String>) crash::add : lines).accept(line));
    } catch (RuntimeException e) {
      lost = e;
      process.destroyForcibly();
    }
  }

  /// Not an agent or a port, of which there can be one.
  private static List<String> flags() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-agentlib"))
        .toList();
  }

  /// Waits for its end and its last line.
  ///
  /// @return false where it still runs after that time
  /// @throws RuntimeException what the taker of its lines threw, which ends it
  boolean await(Duration most) throws InterruptedException {
    boolean ended = process.waitFor(most);
    if (ended) {
      reader.join(Duration.ofSeconds(1)); // a grandchild may hold the pipe
    }
    RuntimeException why = lost;
    if (why != null) {
      throw why;
    }
    return ended;
  }

  /// Why it failed; empty where it did not. After its end.
  String failure() throws IOException {
    int code = process.exitValue();
    if (code == 0) {
      return "";
    }
    String last = // a JVM may write anything to standard error before
        new String(Files.readAllBytes(errors), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> !line.isBlank())
            .reduce("", (_, line) -> line);
    int frame = crash.indexOf(FRAME) + 1;
    if (frame > 0 && frame < crash.size()) {
      last = crash.get(frame);
    }
    String end =
        code > OF_SIGNALS ? "killed by signal " + (code - OF_SIGNALS) : "exit code " + code;
    return last.isEmpty() ? end : end + ": " + last;
  }

  /// Ends it and what it started, where it still runs.
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor();
      Files.deleteIfExists(errors);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      errors.toFile().deleteOnExit();
    }
  }
}
