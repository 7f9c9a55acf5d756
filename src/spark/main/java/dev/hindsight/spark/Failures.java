package dev.hindsight.spark;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a failure of Spark's comes down to, in one line.
final class Failures {
  private static final Pattern LOST = Pattern.compile("ExecutorLostFailure \\(([^)]*)\\)[^:]*");
  private static final Pattern OURS =
      Pattern.compile(
          "(?:ExchangeException|BackendException|UserException|OutOfMemory\\w+): ([^\\n]*)");
  private static final int LONGEST = 200;

  private Failures() {}

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
