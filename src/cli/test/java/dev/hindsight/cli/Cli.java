package dev.hindsight.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/// A command line as people meet it: what it printed to two streams, and an exit code.
record Cli(int exit, String out, String err) {
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseG1GC",
          "-XX:TieredStopAtLevel=1",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-modules",
          "jdk.incubator.vector");

  /// @param line words with a space between them, each `%s` of which is one of the values
  static String[] words(String line, Object... values) {
    Iterator<Object> next = Arrays.asList(values).iterator();
    String[] words =
        Arrays.stream(line.split(" "))
            .map(word -> word.contains("%s") ? word.replace("%s", "" + next.next()) : word)
            .toArray(String[]::new);
    assertThat(next).as("values of '%s'", line).isExhausted();
    return words;
  }

  /// A process that has not begun.
  static ProcessBuilder process(String line, Object... values) {
    return java(Main.class, List.of(), words(line, values));
  }

  /// Another main class, as the command line is started.
  ///
  /// @param more flags of the JVM
  static ProcessBuilder java(Class<?> main, List<String> more, String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(more);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command);
  }

  static Cli run(String line, Object... values) throws IOException, InterruptedException {
    return run(process(line, values));
  }

  static Cli run(ProcessBuilder builder) throws IOException, InterruptedException {
    Path out = Files.createTempFile("cli", ".out");
    Path err = Files.createTempFile("cli", ".err");
    try {
      Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      int exit = process.waitFor();
      return new Cli(exit, ours(out), ours(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /// Without the line that the JVM itself prints for the Vector API.
  private static String ours(Path file) throws IOException {
    return Files.readString(file, UTF_8)
        .replace("WARNING: Using incubator modules: jdk.incubator.vector\n", "");
  }

  /// In this process, which is forty times sooner; for what does not depend on the process.
  static Cli here(String line, Object... values) {
    return of(words(line, values));
  }

  /// The same of any words.
  static Cli of(String... words) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    var printed = new ByteArrayOutputStream();
    var complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, UTF_8));
      System.setErr(new PrintStream(complained, true, UTF_8));
      int exit = Main.commandLine().execute(words);
      System.out.flush();
      return new Cli(exit, printed.toString(UTF_8), complained.toString(UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /// What it printed, line by line.
  List<String> lines() {
    return out.lines().toList();
  }

  /// It did what was asked.
  Cli ok() {
    assertThat(exit).as(toString()).isZero();
    return this;
  }

  /// It failed with this exit code and one line, which says all of these.
  void failed(int code, String... parts) {
    assertThat(exit).as(toString()).isEqualTo(code);
    assertThat(err.lines()).as(err).hasSize(1);
    assertThat(err).startsWith("hindsight: ").contains(parts);
  }

  /// It was refused as a mistake of its user.
  void mistake(String... parts) {
    failed(2, parts);
  }
}
