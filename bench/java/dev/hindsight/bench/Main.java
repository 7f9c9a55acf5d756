package dev.hindsight.bench;

import dev.hindsight.cli.CommandLines;

/// `hindsight bench`, a program of its own so that nothing else carries JMH.
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    CommandLines.main(BenchCommand::new, args);
  }
}
