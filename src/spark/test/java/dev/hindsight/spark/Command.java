package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.cli.CommandLines;
import dev.hindsight.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/// A command line that was executed in this process.
///
/// @param out what was printed
/// @param err the same to standard error
record Command(int exit, String out, String err) {
  static Command run(List<String> words) {
    var out = new StringWriter();
    var err = new StringWriter();
    int exit =
        CommandLines.of(new Main())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err, true))
            .execute(words.toArray(String[]::new));
    return new Command(exit, out.toString(), err.toString());
  }

  /// What one printed that must work.
  static String printed(List<String> words) {
    Command done = run(words);
    assertThat(done.exit()).as("%s", done.err()).isZero();
    return done.out();
  }
}
