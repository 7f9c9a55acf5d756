package dev.hindsight.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.train.Models;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// Runs many commands, one after the other, in one process whose system calls fail as
/// `faulty_calls.c` reads it from the names of folders.
final class FaultyProcess {
  private static final String SOURCE = "faulty_calls.c";
  private static final int KILLED = 128 + 9;

  /// `-Dhindsight.crash.all` tries every fault, `-Dhindsight.crash.all=K/N` every N-th of them from
  /// number K on.
  private static final @Nullable String WANTED = System.getProperty("hindsight.crash.all");

  static final boolean ALL = WANTED != null;

  private final Path library;
  private final List<String> flags;
  private final Path folder;

  /// How a command ended.
  ///
  /// @param err what it said on standard error, its lines joined by ` | `
  record Ended(int exit, String err) {
    /// Whether it failed as people should see it.
    boolean isOneLineWith(String reason) {
      return (exit == 1 || exit == 2)
          && err.startsWith("hindsight: ")
          && err.contains(reason)
          && !err.contains(" | ");
    }
  }

  /// Each did what was asked, or failed in a line that names the fault of its system.
  static void assertOneLineAtMost(List<Ended> ended) {
    assertThat(ended)
        .allMatch(
            end ->
                end.exit() == 0
                    || end.isOneLineWith("Input/output error")
                    || end.isOneLineWith("No space left on device"));
  }

  /// Copies of what faults have left, under names below which nothing fails.
  static List<Path> withoutFaults(List<Path> left, Path root) throws IOException {
    List<Path> copies = new ArrayList<>();
    for (Path each : left) {
      Path copy = root.resolve(each.getFileName() + ".none-0");
      if (Files.exists(each)) { // it may not even have been made
        copy(each, copy);
      }
      copies.add(copy);
    }
    return copies;
  }

  /// @param folder for the library and what processes say
  /// @param flags of their JVMs
  FaultyProcess(Path folder, String... flags) throws IOException, InterruptedException {
    this.folder = folder;
    this.flags = List.of(flags);
    library = folder.resolve("faulty_calls.so");
    Path source = folder.resolve(SOURCE);
    try (InputStream in = FaultyProcess.class.getResourceAsStream(SOURCE)) {
      Files.copy(Objects.requireNonNull(in), source);
    }
    String cc = "cc -O1 -shared -fPIC -o %s %s -ldl".formatted(library, source);
    assertThat(new ProcessBuilder(cc.split(" ")).inheritIO().start().waitFor()).isZero();
  }

  /// Runs commands and says how they ended; there are fewer ends where one was killed.
  ///
  /// @param root whose folders' names say what fails below them
  /// @param states where copies of folders go
  /// @param commands words with a space between them; `save RUN FILE` is [Models#save]
  List<Ended> run(Path root, Path states, List<String> commands)
      throws IOException, InterruptedException {
    Files.createDirectories(root);
    Files.createDirectories(states);
    Path asked = Files.write(folder.resolve("commands"), commands);
    Path said = folder.resolve("ended");
    Files.deleteIfExists(said);
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        Cli.java(FaultyProcess.class, flags, asked.toString(), said.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("LD_PRELOAD", library.toString());
    builder.environment().put("FAULTY_ROOT", root.toString());
    builder.environment().put("FAULTY_STATES", states.toString());
    builder.environment().put("FAULTY_LOG", log().toString());
    Files.deleteIfExists(log());
    int exit = builder.start().waitFor();
    assertThat(exit).as(Files.readString(output)).isIn(0, KILLED);
    List<Ended> ended = new ArrayList<>();
    for (String line : Files.exists(said) ? Files.readAllLines(said) : List.<String>of()) {
      String[] parts = line.split(" ", 2);
      ended.add(new Ended(Integer.parseInt(parts[0]), parts[1]));
    }
    assertThat(ended.size() == commands.size()).isEqualTo(exit == 0);
    return ended;
  }

  /// The calls of the last run, each a line of its number, its name and a path.
  Path log() {
    return folder.resolve("calls");
  }

  /// At most so many of these, evenly spread; all that are wanted where [#ALL].
  static <T> List<T> some(int most, List<T> all) {
    if (WANTED != null) {
      String[] part = (WANTED.contains("/") ? WANTED : "1/1").split("/", 2);
      int first = Integer.parseInt(part[0]) - 1;
      int step = Integer.parseInt(part[1]);
      return IntStream.range(0, all.size())
          .filter(i -> i % step == first)
          .mapToObj(all::get)
          .toList();
    }
    int size = Math.min(most, all.size());
    return IntStream.range(0, size).mapToObj(i -> all.get(i * all.size() / size)).toList();
  }

  /// At most so many of the calls from 1 to the last one.
  static List<Integer> someCalls(int most, int last) {
    return some(most, IntStream.rangeClosed(1, last).boxed().toList());
  }

  /// The states that were recorded, in the order of their calls.
  static List<Path> states(Path folder) throws IOException {
    try (var states = Files.list(folder)) {
      return states
          .sorted(Comparator.comparingInt(FaultyProcess::call).thenComparing(Path::toString))
          .toList();
    }
  }

  /// Of states that are the same, byte for byte, the first alone: what forces a file to disk
  /// changes nothing that a kill leaves, and the same bytes go on in the same way.
  static List<Path> distinct(List<Path> states) throws IOException {
    Map<String, Path> first = new LinkedHashMap<>();
    for (Path state : states) {
      first.putIfAbsent(digest(state), state);
    }
    return List.copyOf(first.values());
  }

  private static String digest(Path folder) throws IOException {
    try (var all = Files.walk(folder)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path each : all.sorted().toList()) {
        boolean file = Files.isRegularFile(each);
        String head = "%s %d\n".formatted(folder.relativize(each), file ? Files.size(each) : -1);
        digest.update(head.getBytes(UTF_8));
        digest.update(file ? Files.readAllBytes(each) : new byte[0]);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /// Before or in which call a state was recorded: that is its name.
  static int call(Path state) {
    return Integer.parseInt(String.valueOf(state.getFileName()).replaceFirst("\\..*", ""));
  }

  static void copy(Path from, Path to) throws IOException {
    try (var all = Files.walk(from)) {
      for (Path each : all.toList()) {
        Path target = to.resolve(from.relativize(each).toString());
        Files.createDirectories(Objects.requireNonNull(target.getParent()));
        Files.copy(each, target);
      }
    }
  }

  /// Names and sizes of what is below a folder, but for numbers of processes and seconds in names,
  /// and for what holds times.
  static Map<String, Long> shape(Path folder) throws IOException {
    Map<String, Long> shape = new TreeMap<>();
    try (var all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = folder.relativize(file).toString();
        boolean timed = name.startsWith("metrics") || name.startsWith(".metrics");
        shape.put(name.replaceAll("\\d{3,}", "N"), timed ? 0 : Files.size(file));
      }
    }
    return shape;
  }

  public static void main(String[] args) throws IOException {
    System.setOut(new PrintStream(OutputStream.nullOutputStream()));
    for (String command : Files.readAllLines(Path.of(args[0]))) {
      StringWriter err = new StringWriter();
      int exit = execute(command.split(" "), new PrintWriter(err, true));
      Files.writeString(
          Path.of(args[1]),
          exit + " " + String.join(" | ", err.toString().lines().toList()) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
    Runtime.getRuntime().halt(0); // no hooks: they would tell of runs that have ended
  }

  private static int execute(String[] words, PrintWriter err) {
    if (!words[0].equals("save")) {
      CommandLine line = Main.commandLine().setErr(err);
      return line.setOut(new PrintWriter(OutputStream.nullOutputStream(), false, UTF_8))
          .execute(words);
    }
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = Models.open(backend, Path.of(words[1]))) {
      Models.save(backend, model, Path.of(words[2]));
      return 0;
    } catch (UncheckedIOException e) {
      err.println("hindsight: " + e.getMessage());
      return 1;
    }
  }
}
