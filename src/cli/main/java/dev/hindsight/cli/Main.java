package dev.hindsight.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

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
      ClassifyCommand.class,
      QualityCommand.class,
      CompareCommand.class,
      RunsCommand.class,
      PlayCommand.class,
      DrawCommand.class,
      VerifyCommand.class,
      PublishCommand.class,
      BundleCommand.class,
      DevicesCommand.class,
      SoftGpuCommand.class,
      HelpCommand.class
    },
    footer = {
      "",
      "'hindsight COMMAND --help' shows the options of a command. The launcher "
          + "has four more commands:",
      "  bench     Times ops, training steps and drawing.",
      "  gpu-day   Runs all measurements on a GPU.",
      "  spark     Starts a Spark master or worker, or submits an application.",
      "  test      Runs every check that CI runs.",
      "Exit codes: 0 success, 1 failure, 2 invalid command or input, 3 missing tool."
    })
public final class Main implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    CommandLines.main(Main::new, args);
  }

  /// Without a command: the help.
  @Override
  public void run() {
    CommandLine line = Objects.requireNonNull(spec).commandLine();
    line.usage(line.getOut());
  }

  static CommandLine commandLine() {
    return CommandLines.of(new Main());
  }
}
