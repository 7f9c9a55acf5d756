package dev.hindsight.cli;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Backends;
import dev.hindsight.cluster.ClusterException;
import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.Ending;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.train.DivergedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// How every command of Hindsight is read, run and, where it fails, explained.
public final class CommandLines {
  /// Exit code for what the user can repair.
  static final int USER_MISTAKE = 2;

  /// Exit code for every other failure.
  static final int FAILED = 1;

  /// What Java says of it is a fault in memory, at any place behind it.
  private static final String MAPPED_FILE_LOST =
      "a file that was being read became shorter, or its disk failed; put it back and start again";

  private CommandLines() {}

  /// Runs the command that a program is, and ends the process with its exit code.
  ///
  /// @param command makes the annotated command
  public static void main(Supplier<Object> command, String... args) {
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // or digits may be Arabic ones
    StandardOutput output = StandardOutput.install();
    int code;
    try {
      code = of(command.get()).execute(args);
    } catch (OutOfMemoryError e) {
      code = complain(outOfMemory(e));
    } catch (InternalError e) {
      if (!String.valueOf(e.getMessage()).contains("unsafe memory access")) {
        throw e;
      }
      code = complain(MAPPED_FILE_LOST);
    } catch (UnsatisfiedLinkError | ExceptionInInitializerError e) {
      OutOfMemoryError memory = cause(e, OutOfMemoryError.class);
      UnsatisfiedLinkError link = cause(e, UnsatisfiedLinkError.class);
      if (memory != null) {
        code = complain(outOfMemory(memory));
      } else if (link != null) {
        code = complain(doesNotLoad(link));
      } else {
        throw e;
      }
    }
    IOException lost = output.lost();
    if (lost != null) {
      int failed = complain("standard output was lost: " + IoErrors.reason(lost));
      code = code == 0 ? failed : code;
    }
    System.exit(code);
  }

  private static int complain(String message) {
    System.err.println(line(message));
    return FAILED;
  }

  private static String line(@Nullable String message) {
    return "hindsight: " + Printable.line(String.valueOf(message));
  }

  private static String outOfMemory(OutOfMemoryError e) {
    String what = String.valueOf(e.getMessage());
    if (what.contains("native thread")) {
      return "the system allows no more threads (%s); raise ulimit -u, or stop other programs"
          .formatted(what);
    }
    return "out of memory: Java may use %d MB and needs more (%s); set JAVA_TOOL_OPTIONS=-Xmx2g"
        .formatted(Runtime.getRuntime().maxMemory() >> 20, what);
  }

  private static String doesNotLoad(UnsatisfiedLinkError e) {
    String what = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
    return "a native library does not load (%s); if its disk is mounted noexec, set XDG_CACHE_HOME to a folder on another disk"
        .formatted(what);
  }

  private static <T extends Throwable> @Nullable T cause(Throwable e, Class<T> type) {
    for (@Nullable Throwable each = e; each != null; each = each.getCause()) {
      if (type.isInstance(each)) {
        return type.cast(each);
      }
    }
    return null;
  }

  /// A command line around an annotated command.
  public static CommandLine of(Object command) {
    CommandLine line = new CommandLine(command);
    line.getCommandSpec().versionProvider(new Version());
    line.getSubcommands().values().forEach(c -> c.getCommandSpec().versionProvider(new Version()));
    if ("dumb".equals(System.getenv("TERM"))) {
      line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    }
    line.registerConverter(Path.class, new PathConverter());
    line.setExpandAtFiles(false); // a name may begin with @
    return line.setUsageHelpAutoWidth(true)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(CommandLines::complain)
        .setExecutionExceptionHandler(CommandLines::explain)
        .setExecutionStrategy(CommandLines::run);
  }

  /// Runs the command. What the software GPU found fails it, even where the program went on.
  private static int run(ParseResult parsed) {
    int before = Backends.softwareFindings();
    int code = new CommandLine.RunLast().execute(parsed);
    int found = Backends.softwareFindings() - before;
    if (found > 0) {
      PrintWriter err = parsed.commandSpec().commandLine().getErr();
      err.println("hindsight: failed: the software GPU reported %d finding(s)".formatted(found));
      err.flush();
      return FAILED;
    }
    return code;
  }

  /// A wrong option: one line, and where to read more.
  private static int complain(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String message = String.valueOf(e.getMessage());
    command
        .getErr()
        .println(line("%s%s; see %s --help".formatted(message, meant(e), fullName(command))));
    return USER_MISTAKE;
  }

  /// Similar options or commands, by picocli.
  private static String meant(ParameterException e) {
    return e instanceof UnmatchedArgumentException unmatched
        ? DidYouMean.say(unmatched.getSuggestions())
        : "";
  }

  private static String fullName(CommandLine command) {
    return command.getCommandSpec().qualifiedName();
  }

  /// What people cause or can do something about is one line. Anything else is our bug, and its
  /// trace is what a report needs.
  private static int explain(Exception e, CommandLine command, ParseResult parsed) {
    Ending.leaveItTheLastWord();
    PrintWriter err = command.getErr();
    OutOfMemoryError memory = cause(e, OutOfMemoryError.class);
    if (memory != null) {
      err.println(line(outOfMemory(memory)));
      err.flush();
      return FAILED;
    }
    switch (e) {
      case UserException _,
          BackendException _,
          ClusterException _,
          OutOfMemoryException _,
          DivergedException _,
          NotFiniteException _,
          UncheckedIOException _ ->
          err.println(line(e.getMessage()));
      default -> {
        err.println("hindsight: this is a bug; please report it with these lines");
        e.printStackTrace(err);
      }
    }
    err.flush();
    return e instanceof UserException ? USER_MISTAKE : FAILED;
  }
}
