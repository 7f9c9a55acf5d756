package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The command line as people meet it: a process with two streams and an exit code.
record Cli(int exit, List<String> out, List<String> err) {
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseG1GC",
          "-XX:TieredStopAtLevel=1",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-modules",
          "jdk.incubator.vector");

  static ProcessBuilder process(String... args) {
    return process(List.of(), args);
  }

  /// @param more flags of the JVM
  static ProcessBuilder process(List<String> more, String... args) {
    return java(Main.class, more, args);
  }

  /// Another main class, as the command line is started.
  static ProcessBuilder java(Class<?> main, List<String> more, String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(more);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command);
  }

  static Cli run(String... args) throws IOException, InterruptedException {
    return run(process(args));
  }

  static Cli run(ProcessBuilder builder) throws IOException, InterruptedException {
    Path out = Files.createTempFile("cli", ".out");
    Path err = Files.createTempFile("cli", ".err");
    try {
      Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      int exit = process.waitFor();
      return new Cli(exit, lines(out), lines(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /// In this process, which is forty times sooner; for what does not depend on the process.
  static Cli here(String... args) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    var said = new ByteArrayOutputStream();
    var complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
      int exit = Main.commandLine().execute(args);
      System.out.flush();
      return new Cli(exit, lines(said), lines(complained));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private static List<String> lines(ByteArrayOutputStream said) {
    return said.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /// Without the line that the JVM itself prints for the Vector API.
  private static List<String> lines(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.equals("WARNING: Using incubator modules: jdk.incubator.vector"))
        .toList();
  }

  /// It ended as a mistake of its user: one line that says all of these, and exit code 2.
  static void mistake(Cli cli, String... parts) {
    assertThat(cli.exit()).as(cli.toString()).isEqualTo(2);
    assertThat(cli.err()).as(cli.toString()).hasSize(1);
    assertThat(cli.err().getFirst()).startsWith("hindsight: ").contains(parts);
  }
}
