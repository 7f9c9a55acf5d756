package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.cli.CommandLines;
import dev.hindsight.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;

/// A command line that was executed in this process.
///
/// @param out what was printed
/// @param err the same to standard error
record Command(int exit, String out, String err) {
  /// @param line words with a space between them
  static Command run(String line) {
    var out = new StringWriter();
    var err = new StringWriter();
    int exit =
        CommandLines.of(new Main())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err, true))
            .execute(line.split(" "));
    return new Command(exit, out.toString(), err.toString());
  }

  /// What one printed that must work.
  static String printed(String line) {
    Command done = run(line);
    assertThat(done.exit()).as("%s", done.err()).isZero();
    return done.out();
  }

  /// It was refused in one line.
  void mistake(String part) {
    assertThat(exit).as(err).isEqualTo(2);
    assertThat(err.lines()).singleElement().asString().contains(part);
  }
}
