package dev.hindsight.train;

import java.io.Console;
import java.io.PrintStream;
import java.util.Map;
import java.util.function.LongSupplier;

/// Shows a run's progress: one line that is drawn over on a terminal, plain lines every few seconds
/// elsewhere.
public final class ProgressBar implements AutoCloseable {
  private static final long TERMINAL_NANOS = 100_000_000L;
  private static final long PLAIN_NANOS = 10_000_000_000L;
  private static final String CLEAR_LINE = "\r\u001b[K";
  private static final int USUAL_COLUMNS = 80;

  /// Where something is, in words.
  public interface Shown {
    /// One line of a log.
    String line();

    /// One line of at most `columns` characters, to be drawn over.
    default String bar(int columns) {
      String line = line();
      return line.length() <= columns ? line : line.substring(0, columns);
    }
  }

  private final PrintStream out;
  private final boolean terminal;
  private final int columns;
  private final LongSupplier nanoTime;
  private boolean shown;
  private long lastShown;
  private boolean drawn;

  ProgressBar(PrintStream out, boolean terminal, int columns, LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.columns = columns;
    this.nanoTime = nanoTime;
  }

  /// On `out`, which should be the process's standard output: a bar when that is a terminal.
  @SuppressWarnings("SystemConsoleNull") // JDK 25 went back to null where there is no terminal
  public static ProgressBar on(PrintStream out) {
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    boolean drawn = terminal && understandsEscapes(System.getenv());
    return new ProgressBar(out, drawn, columns(System.getenv()), System::nanoTime);
  }

  /// An editor's shell says that it is a dumb terminal.
  static boolean understandsEscapes(Map<String, String> environment) {
    return !"dumb".equals(environment.get("TERM"));
  }

  /// Shows where the run is, unless it did so a moment ago. Cheap enough for every step.
  public void show(Shown progress) {
    long now = nanoTime.getAsLong();
    if (shown && now - lastShown < (terminal ? TERMINAL_NANOS : PLAIN_NANOS)) {
      return;
    }
    shown = true;
    lastShown = now;
    if (terminal) {
      out.print(CLEAR_LINE + progress.bar(columns - 1)); // the last column would wrap
      out.flush();
      drawn = true;
    } else {
      out.println(progress.line());
    }
  }

  /// Prints a line that stays, such as the result of an epoch.
  public void line(String text) {
    clear();
    out.println(text);
    out.flush();
  }

  @Override
  public void close() {
    clear();
  }

  private void clear() {
    if (drawn) {
      out.print(CLEAR_LINE);
      out.flush();
      drawn = false;
    }
  }

  /// The width that the shell exports, or the usual one.
  static int columns(Map<String, String> environment) {
    String columns = environment.getOrDefault("COLUMNS", "");
    return columns.matches("[1-9][0-9]{1,3}") ? Integer.parseInt(columns) : USUAL_COLUMNS;
  }
}
