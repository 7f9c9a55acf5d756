package dev.hindsight.bench.device;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// A program of ours in a JVM of its own with the flags and the class path of this one: there is
/// one CUDA driver in a process.
public final class ChildJava implements AutoCloseable {
  private final Process process;
  private final Path errors;

  /// Starts it. What it says on standard error is kept for [#complaint].
  public ChildJava(Class<?> main, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    errors = Files.createTempFile("hindsight", ".err");
    process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    process.getOutputStream().close();
  }

  /// Not an agent or a port, of which there can be one.
  private static List<String> flags() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-agentlib"))
        .toList();
  }

  /// Its lines on standard output, as they come.
  public Stream<String> lines() {
    return process.inputReader().lines();
  }

  /// What it said last, or nothing when it ended well. Waits for its end.
  public String complaint() throws IOException, InterruptedException {
    int code = process.waitFor();
    List<String> said = Files.readAllLines(errors);
    return code == 0 ? "" : said.isEmpty() ? "exit code " + code : said.getLast();
  }

  /// Ends it, where it still runs.
  @Override
  public void close() {
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
