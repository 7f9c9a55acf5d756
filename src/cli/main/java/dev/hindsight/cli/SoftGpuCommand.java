package dev.hindsight.cli;

import dev.hindsight.error.UserException;
import dev.hindsight.softgpu.Run;
import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.driver.HostProgram;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `hindsight softgpu`.
///
/// The program gets a JVM of its own: its class path, its JCuda where it brings one, its threads
/// and its end. In this JVM it would find Hindsight's libraries before its own.
@Command(
    name = "softgpu",
    description = {
      "Runs your own, unmodified program on the software GPU, with every access checked: "
          + "one of JCuda's driver API that loads PTX, or one of nvcc.",
      "The exit code is the program's own, or 1 after a finding.",
      ""
    },
    customSynopsis = {
      "hindsight softgpu [OPTIONS] -cp CLASSPATH MAIN [ARGS...]",
      "       hindsight softgpu [OPTIONS] -- PROGRAM [ARGS...]"
    },
    footer = {"", "Set flags of the program's JVM in JDK_JAVA_OPTIONS, such as -Xmx8g."})
final class SoftGpuCommand extends CliCommand {
  private static final String PROPERTY = "-Dhindsight.softgpu.";

  /// Says where libcuda.so.1 lies, in a bundle.
  private static final String LIBRARY = "hindsight.softgpu.library";

  @Option(
      names = "--check",
      paramLabel = "NAMES",
      completionCandidates = CheckNames.class,
      description =
          "Comma-separated checks: ${COMPLETION-CANDIDATES}; a minus removes one. "
              + "Default: standard, which is all but global-race, acquire and alignment.")
  private String check = "standard";

  @Option(
      names = "--schedule-seed",
      paramLabel = "N",
      description = "Shuffle the order of warps; 0 is their natural order.")
  private long scheduleSeed;

  @Option(
      names = "--perturb",
      description = "Move approximate results to the edge of their documented error.")
  private boolean perturb;

  @Option(
      names = "--keep-going",
      description =
          "Report a finding and go on: the launch ends as on a GPU that lets it pass, and its "
              + "context stays alive.")
  private boolean keepGoing;

  @Option(
      names = "--step-limit",
      paramLabel = "N",
      description =
          "Stop a launch after N warp instructions, as one that never ends. Default: "
              + "2^36, some minutes.")
  private long stepLimit = 1L << 36;

  @Option(
      names = {"-cp", "--class-path"},
      paramLabel = "CLASSPATH",
      description = "A Java program's classes and jars; JCuda is optional.")
  private @Nullable String classPath;

  @Parameters(
      index = "0",
      paramLabel = "MAIN",
      description = "The class to run; without -cp, the file of a program of nvcc.")
  private String main = "";

  @Parameters(index = "1..*", paramLabel = "ARGS", description = "Arguments of the program.")
  private List<String> arguments = List.of();

  /// What follows the class is the program's, whatever it looks like.
  @Spec
  void setSpec(CommandSpec spec) {
    spec.parser().stopAtPositional(true);
  }

  @Override
  public Integer call() {
    String classes = classPath;
    try {
      if (classes == null) {
        return runNative();
      }
      Process program = new ProcessBuilder(javaCommand(classes)).inheritIO().start();
      Runtime.getRuntime().addShutdownHook(new Thread(program::destroy));
      return program.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException("softgpu: could not start Java: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the program ran", e);
    }
  }

  private int runNative() throws InterruptedException {
    List<String> command = new ArrayList<>(List.of(main));
    command.addAll(arguments);
    try {
      Check.named(check);
      return HostProgram.run(command, settings());
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new UserException(String.valueOf(e.getMessage()));
    }
  }

  private List<String> javaCommand(String classes) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseG1GC", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(settings());
    @Nullable String library = System.getProperty(LIBRARY);
    if (library != null) {
      command.add("-D%s=%s".formatted(LIBRARY, library));
    }
    command.addAll(List.of("-cp", classes + File.pathSeparator + ours()));
    command.add(Run.class.getName());
    command.add(main);
    command.addAll(arguments);
    return command;
  }

  private List<String> settings() {
    return List.of(
        PROPERTY + "check=" + check,
        PROPERTY + "schedule-seed=" + scheduleSeed,
        PROPERTY + "step-limit=" + stepLimit,
        PROPERTY + "perturb=" + perturb,
        PROPERTY + "keep-going=" + keepGoing);
  }

  /// The software GPU and JCuda, as Hindsight runs with them; the program's own come first.
  private static String ours() {
    String location = Run.class.getProtectionDomain().getCodeSource().getLocation().toString();
    Stream<String> jcuda =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> new File(entry).getName().matches("jcuda-.*\\.jar"));
    return String.join(
        File.pathSeparator,
        Stream.concat(Stream.of(Path.of(URI.create(location)).toString()), jcuda).toList());
  }

  private static final class CheckNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      Stream<String> checks = Arrays.stream(Check.values()).map(Check::label);
      return Stream.concat(Stream.of("standard", "all", "none"), checks).iterator();
    }
  }
}
