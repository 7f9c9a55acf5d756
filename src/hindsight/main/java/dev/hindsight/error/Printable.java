package dev.hindsight.error;

/// Text that a terminal may show. Names, files and servers hold any characters, and those that
/// control a terminal could hide or fake what it shows.
public final class Printable {
  private static final int LONGEST_LINE = 1000;
  private static final int END_OF_LINE = 300; // where a message says what to do
  private static final int LONGEST_VALUE = 60;

  private Printable() {}

  /// The text as one line of some 1,000 characters at most, with `?` for each control character.
  public static String line(String text) {
    String line = text.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ").replaceAll("\\p{C}", "?");
    int cut = line.length() - LONGEST_LINE;
    return cut <= END_OF_LINE
        ? line
        : "%s ... (%d characters left out) ... %s"
            .formatted(
                line.substring(0, LONGEST_LINE - END_OF_LINE),
                cut,
                line.substring(line.length() - END_OF_LINE));
  }

  /// The beginning of a value that a message repeats.
  public static String brief(Object value) {
    String text = value.toString();
    return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "...";
  }
}
