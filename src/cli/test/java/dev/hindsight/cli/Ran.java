package dev.hindsight.cli;

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
}
