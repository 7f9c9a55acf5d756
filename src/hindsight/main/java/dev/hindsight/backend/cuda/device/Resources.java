package dev.hindsight.backend.cuda.device;

import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// What a backend is made of and must close.
public final class Resources {
  private Resources() {}

  /// Closes what was opened, last first, and all of it even when a part fails.
  public static void closeAll(Deque<AutoCloseable> parts, @Nullable RuntimeException first) {
    RuntimeException failure = first;
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) { // AutoCloseable says no more; every part here throws unchecked ones
        if (failure == null) {
          failure = e instanceof RuntimeException r ? r : new IllegalStateException(e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (first == null && failure != null) {
      throw failure;
    }
  }
}
