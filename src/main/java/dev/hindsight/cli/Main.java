package dev.hindsight.cli;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Backends;
import dev.hindsight.bench.BenchCommand;
import dev.hindsight.error.UserException;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.train.DivergedException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// `hindsight COMMAND`.
@Command(
    name = "hindsight",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    description = {
      "Autoregressive image models that only look back, trained from Java on NVIDIA GPUs.",
      ""
    },
    subcommands = {
      TrainCommand.class,
      SampleCommand.class,
      CompleteCommand.class,
      EvaluateCommand.class,
      CompareCommand.class,
      VerifyCommand.class,
      BenchCommand.class,
      BundleCommand.class,
      DevicesCommand.class,
      HelpCommand.class
    },
    footer = {
      "",
      "'hindsight COMMAND --help' says more; 'hindsight test' runs every check that CI runs.",
      "Exit codes: 0 done, 1 failed, 2 a mistake in what was asked, 3 a tool is missing."
    })
public final class Main {
  /// Exit code for what the user can repair.
  static final int USER_MISTAKE = 2;

  /// Exit code for every other failure.
  static final int FAILED = 1;

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    line.getSubcommands().values().forEach(c -> c.getCommandSpec().versionProvider(new Version()));
    return line.setUsageHelpAutoWidth(true)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Main::complain)
        .setExecutionExceptionHandler(Main::explain)
        .setExecutionStrategy(Main::run);
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
    String message = e.getMessage().lines().findFirst().orElse("wrong options");
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
