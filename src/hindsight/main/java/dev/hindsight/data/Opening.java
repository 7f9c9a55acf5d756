package dev.hindsight.data;

import java.io.PrintStream;

/// Who is told what happens while a data set is opened, which may take a while: files are
/// downloaded, or pictures decoded. Calls come one at a time, from any thread.
public interface Opening {
  /// Something that a user should know: one line.
  void notice(String line);

  /// How far something is.
  ///
  /// @param what is being done: `reading pictures`
  /// @param unit of what there is `done` of `all`: `pictures`
  default void progress(String what, String unit, long done, long all) {}

  /// Prints notices alone.
  static Opening to(PrintStream out) {
    return out::println;
  }
}
