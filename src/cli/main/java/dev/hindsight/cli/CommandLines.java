package dev.hindsight.cli;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.train.DivergedException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// How every command of Hindsight is read, run and, where it fails, explained.
public final class CommandLines {
  /// Exit code for what the user can repair.
  static final int USER_MISTAKE = 2;

  /// Exit code for every other failure.
  static final int FAILED = 1;

  private CommandLines() {}

  /// A command line around an annotated command.
  public static CommandLine of(Object command) {
    CommandLine line = new CommandLine(command);
    line.getCommandSpec().versionProvider(new Version());
    line.getSubcommands().values().forEach(c -> c.getCommandSpec().versionProvider(new Version()));
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
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("wrong options");
    command.getErr().println("hindsight: %s; see %s --help".formatted(message, fullName(command)));
    return USER_MISTAKE;
  }

  private static String fullName(CommandLine command) {
    return command.getCommandSpec().qualifiedName();
  }

  /// What people cause or can do something about is one line. Anything else is our bug, and its
  /// trace is what a report needs.
  private static int explain(Exception e, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    switch (e) {
      case UserException _,
          BackendException _,
          OutOfMemoryException _,
          DivergedException _, //
          UncheckedIOException _ ->
          err.println("hindsight: " + e.getMessage());
      default -> {
        err.println("hindsight: this is a bug; please report it with these lines");
        e.printStackTrace(err);
      }
    }
    err.flush();
    return e instanceof UserException ? USER_MISTAKE : FAILED;
  }
}
