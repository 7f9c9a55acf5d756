package dev.hindsight.train;

import dev.hindsight.error.IoErrors;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Appends to `metrics.jsonl`, one JSON object per line; a line is in the file when [#add] returns,
/// and on disk after [#force].
public final class Metrics implements AutoCloseable {
  private static final long MOST_BYTES = 256L << 20;

  private final Path file;
  private final ImageShape shape;
  private final FileChannel channel;

  private Metrics(Path file, ImageShape shape) {
    this.file = file;
    this.shape = shape;
    try {
      channel =
          FileChannel.open(
              file,
              StandardOpenOption.WRITE,
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND,
              LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw IoErrors.failed("cannot write " + file, e);
    }
  }

  /// Appends to the file, which is made when it is missing.
  ///
  /// @param shape of the images that are measured
  public static Metrics open(Path file, ImageShape shape) {
    return new Metrics(file, shape);
  }

  /// Drops the lines after `step`, and what a stopped process left of its last line; then appends.
  /// For a run that goes on from a checkpoint.
  public static Metrics resume(Path file, ImageShape shape, long step) {
    return resume(file, shape, metric -> metric.step() <= step);
  }

  /// Drops the lines that are not to be kept, likewise.
  static Metrics resume(Path file, ImageShape shape, Predicate<Metric> keeps) {
    if (Files.exists(file)) {
      var kept = new StringBuilder();
      for (Metric metric : read(file)) {
        if (keeps.test(metric)) {
          kept.append(metric.toJson(shape)).append('\n');
        }
      }
      AtomicFile.write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
    }
    return new Metrics(file, shape);
  }

  /// The last line of a file, if it has any.
  static Optional<Metric> last(Path file) {
    return Files.exists(file) ? read(file).reversed().stream().findFirst() : Optional.empty();
  }

  /// All whole lines of a file. What a killed process left of its last line is none.
  ///
  /// @throws FormatException when a line is not one that this program wrote
  public static List<Metric> read(Path file) {
    String text = Json.text(file, MOST_BYTES);
    int whole = text.lastIndexOf('\n') + 1;
    List<String> lines = new ArrayList<>(text.substring(0, whole).lines().toList());
    String rest = text.substring(whole);
    if (rest.indexOf('}') != -1 && !rest.endsWith("}")) {
      lines.add(rest); // not a line that was cut: its end is damaged
    }
    List<Metric> metrics = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      metrics.add(Metric.parse(file + " line " + (i + 1), lines.get(i)));
    }
    return metrics;
  }

  public void add(Metric metric) {
    ByteBuffer line =
        ByteBuffer.wrap((metric.toJson(shape) + "\n").getBytes(StandardCharsets.UTF_8));
    IoErrors.orFail(
        "cannot write " + file,
        () -> {
          while (line.hasRemaining()) {
            channel.write(line);
          }
        });
  }

  /// Forces to disk what was added. The file's name is on disk when a checkpoint has got its own.
  void force() {
    IoErrors.orFail("cannot write " + file, () -> channel.force(false));
  }

  @Override
  public void close() {
    IoErrors.orFail("cannot close " + file, channel::close);
  }
}
