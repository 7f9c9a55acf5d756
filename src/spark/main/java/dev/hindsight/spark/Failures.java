package dev.hindsight.spark;

import dev.hindsight.backend.BackendException;
import dev.hindsight.cluster.ClusterException;
import dev.hindsight.error.UserException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkException;
import org.jspecify.annotations.Nullable;

/// The cause of a Spark failure in one line.
final class Failures {
  private static final Pattern LOST = Pattern.compile("ExecutorLostFailure \\(([^)]*)\\)[^:]*");

  /// The line of the exception that ended a task; those of its causes come later.
  private static final Pattern THROWN =
      Pattern.compile(
          "(?m)^(?!\\s|Caused by:)(?:.*?\\s)?((?:[a-z_]\\w*\\.)+[A-Z]\\w*(?:Exception|Error))(?::"
              + " (.*))?$");

  private static final Pattern OURS =
      Pattern.compile(
          "(?:ExchangeException|BackendException|OpeningException|UserException|OutOfMemory\\w+):"
              + " ([^\\n"
              + "]*)");
  private static final int LONGEST = 200;

  private Failures() {}

  /// A Spark job. Spark throws [SparkException] without declaring it.
  @FunctionalInterface
  interface Job<T> {
    T run() throws SparkException;
  }

  /// What comes of a job.
  ///
  /// @throws UserException when an executor found a mistake of the user
  /// @throws BackendException when its backend cannot open
  /// @throws ClusterException when it fails otherwise
  static <T> T outcome(String what, Job<T> job) {
    try {
      return job.run();
    } catch (SparkException e) {
      requireWork(e);
      throw new ClusterException(
          "the cluster failed while %s: %s; run the command again".formatted(what, reason(e)), e);
    }
  }

  /// Fails as an executor did that cannot do what it is asked for: to ask it again would not help.
  private static void requireWork(SparkException failure) {
    requireWorkers(failure);
    Matcher thrown = thrown(failure);
    if (thrown != null && thrown.group(1).equals(BackendException.class.getName())) {
      throw new BackendException(message(thrown));
    }
  }

  /// The same within a training: it fails where an executor was asked wrongly or its backend cannot
  /// open, and is tried again where its GPU fails at work.
  static void requireWorkers(SparkException failure) {
    Matcher thrown = thrown(failure);
    if (thrown == null) {
      return;
    }
    if (thrown.group(1).equals(UserException.class.getName())) {
      throw new UserException(message(thrown));
    }
    if (thrown.group(1).equals(OpeningException.class.getName())) {
      throw new BackendException(message(thrown));
    }
  }

  private static @Nullable Matcher thrown(SparkException failure) {
    Matcher thrown = THROWN.matcher(String.valueOf(failure.getMessage()));
    return thrown.find() ? thrown : null;
  }

  private static String message(Matcher thrown) {
    return String.valueOf(thrown.group(2));
  }

  static String reason(Throwable failure) {
    String text = String.valueOf(failure.getMessage());
    Matcher lost = LOST.matcher(text);
    if (lost.find()) {
      return lost.group(1).replaceFirst(" exited.*", " is lost");
    }
    Matcher ours = OURS.matcher(text);
    if (ours.find()) {
      return ours.group(1);
    }
    String first = text.lines().findFirst().orElse("no reason given");
    return first.length() > LONGEST ? first.substring(0, LONGEST) + "…" : first;
  }
}
