package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;

/// What a command line answered and printed, in this process. [Cli] has one of its own.
record Ran(int exit, String out, String err) {
  static Ran of(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int exit =
        Main.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(args);
    return new Ran(exit, out.toString(), err.toString());
  }

  /// It was refused as a mistake of the user: one line with these parts, nothing on standard
  /// output.
  void mistake(String... parts) {
    assertThat(exit).as(toString()).isEqualTo(2);
    assertThat(out).isEmpty();
    assertThat(err.lines()).as(err).hasSize(1);
    assertThat(err).startsWith("hindsight: ").contains(parts);
  }
}
