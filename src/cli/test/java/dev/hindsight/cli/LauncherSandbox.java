package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// A project with nothing but the launcher and the POM, whose folder has a space in its name, and a
/// PATH of a few real tools and of fakes. Each fake notes its call in the file `calls`.
final class LauncherSandbox {
  private static final List<String> TOOLS =
      List.of(
          "bash",
          "cp",
          "find",
          "id",
          "ln",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "sed",
          "sleep",
          "tail");

  final Path project;
  final Path launcher;
  final Path bin;
  final Path jdks;
  private final Path home;
  private int runs;

  record Result(int code, String out, String err) {}

  LauncherSandbox(Path folder) throws IOException {
    project = folder.resolve("a project");
    launcher = project.resolve("hindsight");
    bin = folder.resolve("bin");
    home = folder.resolve("home");
    jdks = home.resolve("jdks");
    Files.createDirectories(project.resolve("src/cli/main"));
    Files.createDirectories(bin);
    Files.createDirectories(jdks);
    for (String tool : TOOLS) {
      real(tool);
    }
    Files.copy(Path.of("pom.xml"), project.resolve("pom.xml"));
    age(project.resolve("pom.xml"));
    age(project.resolve("src/cli/main"));
    // The JDKs of the machine that runs the test must not be found.
    String script = Files.readString(Path.of("hindsight"));
    String confined =
        Pattern.compile("(?ms) folders=\\(\n.*?^ *\\)$")
            .matcher(script)
            .replaceFirst(" folders=(\"\\$HOME\"/jdks/*)");
    assertThat(confined).as("script with JDK folders replaced").isNotEqualTo(script);
    executable(launcher, confined);
  }

  /// Puts a tool of this machine on the PATH.
  void real(String tool) throws IOException {
    Path file =
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .map(folder -> Path.of(folder, tool))
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(() -> new AssertionError("the test needs %s on PATH".formatted(tool)));
    executable(bin.resolve(tool), "#!/bin/sh\nexec '%s' \"$@\"\n".formatted(file));
  }

  /// Puts a command on the PATH that notes its call and then runs `body`.
  void fake(String command, String body) throws IOException {
    executable(
        bin.resolve(command),
        "#!/bin/sh\necho \"%s $*\" >>'%s/calls'\n%s\n".formatted(command, home, body));
  }

  /// A JDK whose `java` prints its process id and its arguments, one a line, and exits with 7.
  Path fakeJdk(String name, String version) throws IOException {
    Path jdk = Files.createDirectories(jdks.resolve(name));
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(
        jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"%s\"\n".formatted(version));
    executable(jdk.resolve("bin/javac"), "#!/bin/sh\n");
    executable(jdk.resolve("bin/java"), "#!/bin/sh\nprintf '%s\\n' $$ \"$@\"; exit 7\n");
    return jdk;
  }

  /// A Maven that runs `body`, then writes class paths of one jar.
  void fakeMaven(String body) throws IOException {
    String classpath =
        "echo '%s' >target/classpath-cli; cp target/classpath-cli target/classpath-bench; : >'%1$s'"
            .formatted(jar());
    fake("mvn", body + "\n" + classpath);
  }

  /// A JDK and a Maven, all that most commands need.
  void ready() throws IOException {
    fakeMaven("");
    fakeJdk("new", "25");
  }

  Path jar() {
    return home.resolve("a jar.jar");
  }

  List<String> calls() throws IOException {
    Path calls = home.resolve("calls");
    return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
  }

  Result launch(String... arguments) throws IOException, InterruptedException {
    return start(launcher, Map.of(), arguments).await();
  }

  Running start(Path command, Map<String, String> variables, String... arguments)
      throws IOException {
    Path out = home.resolve("out" + runs);
    Path err = home.resolve("err" + runs++);
    ProcessBuilder builder = new ProcessBuilder(command.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().clear();
    builder.environment().putAll(variables);
    builder.environment().put("PATH", bin.toString());
    builder.environment().put("HOME", home.toString());
    builder.directory(home.toFile());
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    return new Running(builder.start(), out, err);
  }

  record Running(Process process, Path out, Path err) {
    Result await() throws IOException, InterruptedException {
      int code = process.waitFor();
      return new Result(code, Files.readString(out), Files.readString(err));
    }
  }

  /// Makes a file an hour newer than any build.
  static void renew(Path file) throws IOException {
    date(file, Duration.ofHours(1));
  }

  /// Makes a file an hour older than any build.
  static void age(Path file) throws IOException {
    date(file, Duration.ofHours(-1));
  }

  private static void date(Path file, Duration fromNow) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plus(fromNow)));
  }

  private static void executable(Path file, String script) throws IOException {
    Files.writeString(file, script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
