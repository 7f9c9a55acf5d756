package dev.hindsight.cli;

import dev.hindsight.error.UserException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Spec;

/// What all commands share: `--help`, `--version` and where they print. Both writers flush at the
/// end of a line.
@Command(mixinStandardHelpOptions = true, sortOptions = false)
abstract class CliCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  final CommandLine commandLine() {
    return Objects.requireNonNull(spec).commandLine();
  }

  final PrintWriter out() {
    return commandLine().getOut();
  }

  /// Standard error where standard output is for JSON alone.
  final PrintWriter notices(boolean json) {
    return json ? commandLine().getErr() : out();
  }

  /// Fails where another option was given than those that a mode of the command reads, as it would
  /// be ignored.
  ///
  /// @param mode as it was asked for: an option, or "a run folder"
  /// @param options all that it reads, by their longest names
  final void requireOnly(String mode, Set<String> options) {
    for (OptionSpec option : commandLine().getParseResult().matchedOptions()) {
      if (!options.contains(option.longestName())) {
        throw new UserException(
            "%s does not go with %s; leave out one of the two"
                .formatted(option.longestName(), mode));
      }
    }
  }

  /// Those of the options that were given on the command line, as words for another one.
  final List<String> given(String... options) {
    List<String> words = new ArrayList<>();
    for (OptionSpec option : commandLine().getParseResult().matchedOptionsSet()) {
      String name = option.longestName();
      if (!List.of(options).contains(name)) {
        continue;
      }
      if (option.arity().max() == 0) {
        words.add(name);
      } else {
        option.originalStringValues().forEach(value -> words.addAll(List.of(name, value)));
      }
    }
    return words;
  }
}
