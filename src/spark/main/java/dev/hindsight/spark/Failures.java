package dev.hindsight.spark;

import dev.hindsight.backend.BackendException;
import dev.hindsight.cluster.ClusterException;
import dev.hindsight.error.UserException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkException;

/// What a failure of Spark's comes down to, in one line.
final class Failures {
  private static final Pattern LOST = Pattern.compile("ExecutorLostFailure \\(([^)]*)\\)[^:]*");
  private static final Pattern TOLD = Pattern.compile("\\.(User|Backend)Exception: ([^\\n]*)");
  private static final Pattern OURS =
      Pattern.compile(
          "(?:ExchangeException|BackendException|UserException|OutOfMemory\\w+): ([^\\n]*)");
  private static final int LONGEST = 200;

  private Failures() {}

  /// A job of Spark's, which throws [SparkException] and does not say so.
  @FunctionalInterface
  interface Job<T> {
    T run() throws SparkException;
  }

  /// What comes of a job.
  ///
  /// @throws UserException when an executor says that it was asked wrongly
  /// @throws BackendException when its backend cannot open
  /// @throws ClusterException when it fails otherwise
  static <T> T outcome(String what, Job<T> job) {
    try {
      return job.run();
    } catch (SparkException e) {
      requireWork(e);
      throw new ClusterException(
          "the cluster failed while %s: %s; give the command again".formatted(what, reason(e)), e);
    }
  }

  /// Fails as an executor did that cannot do what it is asked for: to ask it again would not help.
  static void requireWork(SparkException failure) {
    Matcher told = TOLD.matcher(String.valueOf(failure.getMessage()));
    if (told.find()) {
      String message = told.group(2);
      throw told.group(1).equals("User")
          ? new UserException(message)
          : new BackendException(message);
    }
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
