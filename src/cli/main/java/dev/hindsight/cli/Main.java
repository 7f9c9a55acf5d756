package dev.hindsight.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

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
      PlayCommand.class,
      DrawCommand.class,
      VerifyCommand.class,
      PredictCommand.class,
      BundleCommand.class,
      DevicesCommand.class,
      SoftGpuCommand.class,
      HelpCommand.class
    },
    footer = {
      "",
      "'hindsight COMMAND --help' says more; 'hindsight bench' times ops, steps and drawing,"
          + " 'hindsight gpu-day' everything on a GPU;"
          + " 'hindsight test' runs every check that CI runs.",
      "Exit codes: 0 done, 1 failed, 2 a mistake in what was asked, 3 a tool is missing."
    })
public final class Main {
  public static void main(String[] args) {
    CommandLines.main(Main::new, args);
  }

  static CommandLine commandLine() {
    return CommandLines.of(new Main());
  }
}
