package dev.hindsight.testing;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// A program in a JVM of its own, for what depends on the flags or the class path.
///
/// @param out lines of standard output
/// @param err lines of standard error
public record ChildJvm(int exit, List<String> out, List<String> err) {
  /// Flags of a JVM that computes as `cpu` does.
  public static final List<String> COMPUTING =
      List.of(
          "-XX:+UseG1GC",
          "-Xmx2g",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-modules",
          "jdk.incubator.vector");

  /// Runs a main class.
  ///
  /// @param flags of the JVM; none are given beside them
  /// @param classPath an entry each, see [#classPath]
  public static ChildJvm run(List<String> flags, List<String> classPath, Class<?> main)
      throws IOException, InterruptedException {
    return run(flags, classPath, main, Map.of(), List.of());
  }

  /// The same with arguments.
  ///
  /// @param environment beside this process's own
  public static ChildJvm run(
      List<String> flags,
      List<String> classPath,
      Class<?> main,
      Map<String, String> environment,
      List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), main.getName()));
    command.addAll(arguments);
    File err = File.createTempFile("child", ".err");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectError(err);
      builder.environment().putAll(environment);
      Process process = builder.start();
      List<String> out = process.inputReader(StandardCharsets.UTF_8).lines().toList();
      int exit = process.waitFor();
      return new ChildJvm(exit, out, Files.readAllLines(err.toPath()));
    } finally {
      Files.delete(err.toPath());
    }
  }

  /// This JVM's class path without the entries that are not wanted.
  public static List<String> classPath(Predicate<String> wanted) {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(wanted)
        .toList();
  }
}
