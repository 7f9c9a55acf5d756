package dev.hindsight.play;

import dev.hindsight.backend.BackendException;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.error.UserException;
import dev.hindsight.tensor.OutOfMemoryException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// What went wrong while a model was at work, as an answer to the page: a line for what people can
/// do something about, the trace to standard error for a bug of ours.
final class Failures {
  private static final int GONE = 410;
  private static final int FAILED = 500;

  private Failures() {}

  static HttpError error(@Nullable Throwable cause) {
    return switch (cause) {
      case UserException e -> new HttpError(GONE, e.getMessage()); // a run that is no more
      case BackendException e -> new HttpError(FAILED, String.valueOf(e.getMessage()));
      case NotFiniteException e -> new HttpError(FAILED, String.valueOf(e.getMessage()));
      case OutOfMemoryException e -> new HttpError(FAILED, String.valueOf(e.getMessage()));
      case UncheckedIOException e -> new HttpError(FAILED, String.valueOf(e.getMessage()));
      case null -> new HttpError(FAILED, "it failed for an unknown reason");
      default -> {
        System.err.println("hindsight: this is a bug; please report it with these lines");
        cause.printStackTrace();
        yield new HttpError(
            FAILED, "a bug in Hindsight; details are in the terminal of ./hindsight");
      }
    };
  }
}
