package dev.hindsight.cli;

import com.google.errorprone.annotations.FormatMethod;
import dev.hindsight.error.IoErrors;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.Pretrained;
import dev.hindsight.train.Pretrained.Origin;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Locale;

/// A model card: what `docs/weights.md` says of published weights, all of it from their files.
///
/// @param name of the weights
record Card(String name, StoredRun run) {
  private static final double SECONDS_PER_MINUTE = 60;
  private static final int COLUMNS = 120;

  static Card of(String name) {
    return new Card(name, StoredRun.open(Pretrained.require(name)));
  }

  /// A row of the table: name, data, test nats and their standard error, bits/dim, parameters, size
  /// of the file.
  String row() {
    RunConfig config = run.config();
    Metric test = Outcome.of(run).result();
    return format(
        "| `%s` | `%s` | %.2f, %.2f | %.4f | %,d | %,d KB |",
        name,
        config.data().name(),
        test.nllNats(),
        test.standardError(),
        config.model().shape().bitsPerDim(test.nllNats()),
        config.model().parameters(),
        kilobytes());
  }

  /// How it came about.
  String text() {
    RunConfig config = run.config();
    Metric test = Outcome.of(run).result();
    Origin origin = Pretrained.origin(run).orElseThrow();
    return wrapped(
        """
        ### %s

        - Model: %s for images of %s, head %s
        - Protocol: %s (%d of %d)
        - Command: `./hindsight %s`
        - Seed: %d
        - Training: %.0f minutes, %s
        """,
        name,
        config.model().name(),
        config.model().shape(),
        config.model().head().describe(),
        Protocol.of(config).describe(),
        test.epoch(),
        config.recipe().epochs(),
        origin.command(),
        config.seed(),
        test.seconds() / SECONDS_PER_MINUTE,
        origin.machine());
  }

  private long kilobytes() {
    try {
      return Math.round(Files.size(run.folder().model()) / 1000.0);
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + run.folder().model(), e);
    }
  }

  /// The same with lines no longer than a document's.
  @FormatMethod
  private static String wrapped(String form, Object... values) {
    StringBuilder text = new StringBuilder();
    for (String line : format(form, values).split("\n", 0)) {
      int length = 0;
      for (String word : line.split(" ", 0)) {
        boolean fits = length + 1 + word.length() <= COLUMNS;
        text.append(length == 0 ? "" : fits ? " " : "\n  ").append(word);
        length = word.length() + (length == 0 ? 0 : fits ? length + 1 : 2);
      }
      text.append('\n');
    }
    return text.toString();
  }

  @FormatMethod
  private static String format(String form, Object... values) {
    return String.format(Locale.ROOT, form, values);
  }
}
