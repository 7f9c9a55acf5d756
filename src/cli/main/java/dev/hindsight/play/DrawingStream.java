package dev.hindsight.play;

import dev.hindsight.format.Json;
import dev.hindsight.play.DrawingJob.Event;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A drawing as server-sent events, from the moment on that it is asked for: `waiting` while others
/// come first, `given`, a `pixel` for each pixel, `done` or `failed`. A browser that is gone stops
/// its drawing.
final class DrawingStream {
  private static final long BREATH_MILLIS = 250;

  private DrawingStream() {}

  /// Sends it to its end, or until the browser is gone.
  ///
  /// @return whether the browser was there to the end
  static boolean send(PlayedModel model, DrawingRequest request, HttpCall call)
      throws IOException, HttpError, InterruptedException {
    DrawingJob job = new DrawingJob(request);
    int ahead = model.ahead();
    Future<Integer> drawing = model.later(job::draw);
    try (OutputStream out = call.stream()) {
      boolean waits = ahead > 0;
      while (true) {
        if (waits && !job.begun()) {
          write(out, new Event("waiting", "{\"ahead\":%d}".formatted(ahead)));
        }
        Event event = job.events().poll(BREATH_MILLIS, TimeUnit.MILLISECONDS);
        if (event != null) {
          waits = false;
          write(out, event);
          if (event.name().equals("done")) {
            return true;
          }
        } else if (drawing.isDone() && job.events().isEmpty()) {
          write(out, failed(drawing));
          return true;
        } else {
          write(out, null); // so that a closed tab shows
        }
      }
    } catch (IOException _) {
      return false; // the tab is closed
    } finally {
      job.stop();
      drawing.cancel(false); // where it has not begun it never will
    }
  }

  private static Event failed(Future<Integer> drawing) throws InterruptedException {
    try {
      drawing.get();
      return new Event("failed", "{\"error\":\"the drawing ended early\"}");
    } catch (ExecutionException e) {
      String line = Failures.error(e.getCause()).line();
      return new Event("failed", Json.line(Map.of("error", line)));
    }
  }

  /// @param event null for a comment, which browsers ignore
  private static void write(OutputStream out, @Nullable Event event) throws IOException {
    String text =
        event == null ? ":\n\n" : "event: %s\ndata: %s\n\n".formatted(event.name(), event.data());
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
