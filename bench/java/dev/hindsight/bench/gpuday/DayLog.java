package dev.hindsight.bench.gpuday;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// `rows.tsv` of a day: a line for each start, row and end of a part, written when it happens. So a
/// part that takes the whole machine down has a start and no end there.
final class DayLog {
  static final String FILE = "rows.tsv";
  private static final String HEADER = "part\tstate\ttext\n";
  private static final String DAY = "day"; // the part whose row is the device

  private final Path file;
  private final List<Line> lines = new ArrayList<>();

  /// What happened to a part.
  enum State {
    STARTED,
    ROW,
    DONE,
    FAILED,
    /// The day was over; it runs again.
    STOPPED
  }

  /// @param text of a row, mostly JSON; of an end the seconds, and why it failed
  record Line(String part, State state, String text) {}

  /// Opens a new folder, an empty one, or that of a day on the same device.
  ///
  /// @throws UserException where the folder holds something else, which is left as it is
  DayLog(Path folder, String device) {
    file = folder.resolve(FILE);
    try {
      if (Files.exists(file)) {
        read(Files.readString(file), device);
        return;
      }
      Files.createDirectories(folder);
      try (Stream<Path> inside = Files.list(folder)) {
        if (inside.findAny().isPresent()) {
          throw new UserException(
              "--out: %s holds something, and no %s of a day; name another folder"
                  .formatted(folder, FILE));
        }
      }
    } catch (IOException e) {
      throw new UserException(
          "--out: cannot use %s (%s); name another folder".formatted(folder, IoErrors.reason(e)));
    }
    append(HEADER);
    add(DAY, State.ROW, device);
  }

  private void read(String text, String device) {
    String first = HEADER + DAY + "\trow\t";
    if (!text.startsWith(first)) {
      throw new UserException("--out: %s is no log of a day; name another folder".formatted(file));
    }
    String before = text.substring(first.length()).lines().findFirst().orElse("");
    if (!before.equals(device)) {
      throw new UserException(
          "--out: %s is of another device (%s), this one is %s; name another folder"
              .formatted(file, before, device));
    }
    text.lines().skip(1).map(line -> line.split("\t", 3)).forEach(this::read);
    if (!text.endsWith("\n")) { // the day ended within a line
      append("\n");
    }
  }

  private void read(String[] words) {
    for (State state : State.values()) {
      if (words.length == 3 && words[1].equals(label(state))) {
        lines.add(new Line(words[0], state, words[2]));
      }
    }
  }

  private static String label(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  /// Writes a line. The disk has it before anything else happens.
  synchronized void add(String part, State state, String text) {
    String line = text.replaceAll("[\\t\\r\\n]+", " ");
    lines.add(new Line(part, state, line));
    append("%s\t%s\t%s\n".formatted(part, label(state), line));
  }

  private void append(String text) {
    try {
      Files.writeString(
          file,
          text,
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND,
          StandardOpenOption.DSYNC);
    } catch (IOException e) {
      throw new UserException(
          "cannot write %s (%s); make room and start again, it goes on where it was"
              .formatted(file, IoErrors.reason(e)));
    }
  }

  /// All lines so far but the first.
  synchronized List<Line> lines() {
    return List.copyOf(lines);
  }

  /// The last state of each part that was ever started: [State#STARTED] where nothing is known of
  /// its end.
  synchronized Map<String, Line> ends() {
    Map<String, Line> ends = new LinkedHashMap<>();
    for (Line line : lines) {
      if (line.state != State.ROW) {
        ends.put(line.part, line);
      }
    }
    return ends;
  }
}
