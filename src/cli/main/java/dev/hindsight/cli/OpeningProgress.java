package dev.hindsight.cli;

import dev.hindsight.data.Opening;
import dev.hindsight.error.Printable;
import dev.hindsight.train.Progress;
import dev.hindsight.train.ProgressBar;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/// Says on standard error what opening a data set does, each thing once, and how far it is where it
/// takes longer than a moment.
final class OpeningProgress implements Opening, AutoCloseable {
  private static final long MOMENT_NANOS = 1_000_000_000L;

  private final Set<String> said = new HashSet<>();
  private final ProgressBar bar = ProgressBar.on(System.err);
  private long began;

  private record Shown(String what, String unit, long done, long all, double seconds)
      implements ProgressBar.Shown {
    @Override
    public String line() {
      return String.format(
          Locale.ROOT,
          "%s: %,d of %,d %s, %s left",
          what,
          done,
          all,
          unit,
          Progress.duration((all - done) * seconds / done));
    }
  }

  @Override
  public synchronized void notice(String line) {
    if (said.add(line)) {
      bar.line(Printable.line(line));
    }
  }

  @Override
  public synchronized void progress(String what, String unit, long done, long all) {
    long now = System.nanoTime();
    if (began == 0) {
      began = now;
    }
    if (done > 0 && now - began > MOMENT_NANOS) {
      bar.show(new Shown(what, unit, done, all, (now - began) / 1e9));
    }
    if (done >= all) {
      close();
    }
  }

  @Override
  public synchronized void close() {
    bar.close();
    began = 0;
  }
}
