package dev.hindsight.cli;

import dev.hindsight.error.UserException;
import java.util.Set;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/// The options that were given: one that would be ignored is refused.
final class GivenOptions {
  private GivenOptions() {}

  /// Fails where another option was given than those that a mode of the command reads.
  ///
  /// @param mode as it was asked for: an option, or "a run folder"
  /// @param options all that it reads, by their longest names
  static void requireOnly(ParseResult parsed, String mode, Set<String> options) {
    for (OptionSpec option : parsed.matchedOptions()) {
      if (!options.contains(option.longestName())) {
        throw new UserException(
            "%s does not go with %s; leave out one of the two"
                .formatted(option.longestName(), mode));
      }
    }
  }
}
