package dev.hindsight.bench.gpuday;

import dev.hindsight.bench.gpuday.DayLog.Line;
import dev.hindsight.bench.gpuday.DayLog.State;
import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// Runs parts one after another, each in a process of its own. One that hangs, crashes or leaves
/// the GPU in an error costs itself alone, and is not run again unless it is asked for by name.
///
/// @param folder of the day
/// @param deadline when the last part is stopped
record GpuDay(Path folder, DayLog log, Instant deadline, PrintWriter out) {

  /// Runs what has not been run, while there is time.
  ///
  /// @param again whether to run also what was run before
  void run(List<Part> parts, boolean again) throws InterruptedException {
    for (Part part : parts) {
      Line before = log.ends().get(part.name());
      if (before != null && before.state() == State.STARTED) {
        end(part, State.FAILED, "the day ended while it ran");
      }
      boolean met = before != null && before.state() != State.STOPPED;
      if ((!met || again) && Instant.now().isBefore(deadline)) {
        run(part);
      }
    }
  }

  private void run(Part part) throws InterruptedException {
    log.add(
        part.name(), State.STARTED, part.main().getName() + " " + String.join(" ", part.words()));
    Instant start = Instant.now();
    Duration left = Duration.between(start, deadline);
    boolean cut = left.compareTo(part.limit()) < 0;
    try (var child = new ChildJava(part, folder, row -> log.add(part.name(), State.ROW, row))) {
      boolean ended = child.await(cut ? left : part.limit());
      String seconds =
          String.format(
              Locale.ROOT, "%.1f s", Duration.between(start, Instant.now()).toMillis() / 1e3);
      if (ended) {
        String failure = child.failure();
        boolean done = failure.isEmpty();
        end(part, done ? State.DONE : State.FAILED, done ? seconds : seconds + ", " + failure);
      } else if (cut) {
        end(part, State.STOPPED, "the day was over");
      } else {
        end(part, State.FAILED, "killed after " + seconds);
      }
    } catch (IOException e) {
      end(part, State.FAILED, "cannot start Java: " + IoErrors.reason(e));
    }
  }

  private void end(Part part, State state, String text) {
    log.add(part.name(), state, text);
    out.printf("%s: %s, %s%n", part.name(), state.name().toLowerCase(Locale.ROOT), text);
    out.flush();
  }
}
