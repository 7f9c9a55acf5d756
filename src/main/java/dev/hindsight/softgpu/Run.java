package dev.hindsight.softgpu;

import dev.hindsight.softgpu.driver.SoftwareDriver;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Runs an unmodified JCuda program on the software GPU:
///
/// ```
/// java -XX:+UseG1GC --enable-native-access=ALL-UNNAMED -cp hindsight.jar:… \
///     dev.hindsight.softgpu.Run --schedule-seed=7 my.Main arguments…
/// ```
///
/// Findings go to the standard error stream as they happen. The exit status is the program's own, 1
/// where there were findings, 2 where the software GPU could not start.
@Command(
    name = "java dev.hindsight.softgpu.Run",
    description = "Runs a JCuda program on a software GPU that checks every access.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Run {
  private static final int FINDINGS = 1;
  private static final int NOT_STARTED = 2;

  @Option(
      names = "--check",
      paramLabel = "NAMES",
      defaultValue = "${sys:hindsight.softgpu.check:-standard}",
      converter = Checks.class,
      description = {
        "standard (all but global-race), all, none, or names by comma:",
        "bounds, uninitialised, shared-race, global-race, barrier, shuffle, async-copy, division"
      })
  private Set<Check> checks;

  @Option(
      names = "--schedule-seed",
      paramLabel = "N",
      defaultValue = "${sys:hindsight.softgpu.schedule-seed:-0}",
      description = "0 runs warps in their natural order, another number shuffles them")
  private long scheduleSeed;

  @Option(
      names = "--perturb",
      description = "move approximate results to the edge of their documented error")
  private boolean perturb;

  @Parameters(index = "0", paramLabel = "MAIN", description = "the program's main class")
  private String mainClass;

  @Parameters(index = "1..*", paramLabel = "ARGUMENT", description = "what it is called with")
  private List<String> arguments = new ArrayList<>();

  private Run() {}

  /// Parses the options, installs the driver and calls the program in this thread.
  public static void main(String[] args) throws Throwable {
    Run run = new Run();
    CommandLine cli = new CommandLine(run).setStopAtPositional(true);
    try {
      if (CommandLine.printHelpIfRequested(cli.parseArgs(args))) {
        return;
      }
    } catch (CommandLine.ParameterException e) {
      refuse(e.getMessage());
    }
    run.call();
  }

  private void call() throws Throwable {
    Method main = mainMethod();
    SoftwareDriver driver = install();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> conclude(driver), "software GPU"));
    try {
      main.invoke(null, (Object) arguments.toArray(String[]::new));
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private Method mainMethod() {
    try {
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      return Class.forName(mainClass, false, loader).getMethod("main", String[].class);
    } catch (ClassNotFoundException e) {
      throw refuse("wanted class " + mainClass + ", the class path has none");
    } catch (NoSuchMethodException e) {
      throw refuse("wanted a public static void main(String[]) in " + mainClass + ", it has none");
    }
  }

  private SoftwareDriver install() {
    try {
      return SoftwareDriver.install(
          Options.standard()
              .withChecks(checks)
              .withScheduleSeed(scheduleSeed)
              .withPerturb(perturb));
    } catch (IllegalStateException e) {
      throw refuse(e.getMessage());
    }
  }

  /// Ends with status 2 and one line.
  private static IllegalStateException refuse(String reason) {
    System.err.println(reason);
    System.exit(NOT_STARTED);
    return new IllegalStateException(reason);
  }

  /// Runs as the JVM ends, however the program ended it. Only a halt can change the status then.
  private static void conclude(SoftwareDriver driver) {
    driver.end();
    int count = driver.findings().size();
    if (count > 0) {
      System.err.printf("software GPU: %d finding%s%n", count, count == 1 ? "" : "s");
      System.out.flush();
      Runtime.getRuntime().halt(FINDINGS);
    }
  }

  /// Reads a set of checks.
  private static final class Checks implements ITypeConverter<Set<Check>> {
    @Override
    public Set<Check> convert(String text) {
      return switch (text) {
        case "standard" -> Check.standard();
        case "all" -> EnumSet.allOf(Check.class);
        case "none" -> EnumSet.noneOf(Check.class);
        default -> named(text);
      };
    }

    private static Set<Check> named(String text) {
      Set<Check> made = EnumSet.noneOf(Check.class);
      for (String name : text.split(",", -1)) {
        try {
          made.add(Check.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_')));
        } catch (IllegalArgumentException e) {
          throw new CommandLine.TypeConversionException(
              "wanted standard, all, none or names of checks, got \"" + name + "\"");
        }
      }
      return made;
    }
  }
}
