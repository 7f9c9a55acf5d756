package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.RunCheck;
import dev.hindsight.train.RunCheck.Finding;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A run folder in a row of a table.
///
/// @param run null where its settings cannot be read
/// @param outcome null where its metrics cannot be read
/// @param when its weights, or else its settings, were last written
/// @param detail what is damaged; null where nothing is
record RunSummary(
    Path path,
    @Nullable StoredRun run,
    @Nullable Outcome outcome,
    Instant when,
    State state,
    @Nullable String detail) {
  static final List<String> HEADER =
      List.of(
          "run",
          "model",
          "data",
          "shape",
          "classes",
          "nats",
          "bits/dim",
          "epochs",
          "when",
          "state");

  private static final String NONE = "-";
  private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

  enum State {
    TRAINING,
    FINISHED,
    STOPPED,
    DAMAGED;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Looks at every file of a run, unless a process is writing them.
  ///
  /// @param backend that can hold any model
  static RunSummary of(Path path, Backend backend) {
    boolean training = RunFolder.isInUse(path);
    @Nullable String detail = training ? null : damage(path, backend);
    @Nullable StoredRun run = null;
    @Nullable Outcome outcome = null;
    try {
      run = StoredRun.open(path);
      outcome = Outcome.of(run);
    } catch (UserException e) {
      detail = detail == null ? e.getMessage() : detail;
    }
    State state = State.STOPPED;
    if (detail != null) {
      state = State.DAMAGED;
    } else if (training) {
      state = State.TRAINING;
    } else if (run != null && outcome != null && outcome.isComplete(run)) {
      state = State.FINISHED;
    }
    return new RunSummary(path, run, outcome, when(RunFolder.read(path)), state, detail);
  }

  private static @Nullable String damage(Path path, Backend backend) {
    try (RunFolder folder = RunFolder.readAlone(path)) {
      for (Finding finding : RunCheck.of(folder, backend)) {
        if (!finding.holds()) {
          return finding.file() + ": " + finding.wrong();
        }
      }
      return null;
    }
  }

  private static Instant when(RunFolder folder) {
    try {
      for (Path file : List.of(folder.model(), folder.config())) {
        if (Files.exists(file)) {
          return Files.getLastModifiedTime(file).toInstant();
        }
      }
      return Instant.EPOCH; // its files went while they were looked at
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the run in " + folder.path(), e);
    }
  }

  private Stream<Metric> result() {
    return outcome == null || outcome.epochs().isEmpty()
        ? Stream.empty()
        : Stream.of(outcome.result());
  }

  private String text(Function<StoredRun, String> of) {
    return run == null ? NONE : of.apply(run);
  }

  private String figure(Function<Metric, String> of) {
    return result().map(of).findFirst().orElse(NONE);
  }

  List<String> cells() {
    return List.of(
        path.toString(),
        text(r -> r.config().model().name()),
        text(r -> String.valueOf(Path.of(r.config().data().name()).getFileName())),
        text(r -> r.config().model().shape().toString()),
        text(r -> r.config().model().classes() == 0 ? NONE : "" + r.config().model().classes()),
        figure(Metric::nats),
        figure(m -> String.format(Locale.ROOT, "%.4f", bitsPerDim(m))),
        epochs() + " of " + text(r -> "" + r.config().recipe().epochs()),
        MINUTE.format(when.atZone(ZoneId.systemDefault())),
        detail == null ? state.word() : state.word() + ": " + detail.split(":", 2)[0]);
  }

  private double bitsPerDim(Metric metric) {
    ImageShape shape = run == null ? null : run.config().model().shape();
    return shape == null ? Double.NaN : shape.bitsPerDim(metric.nllNats());
  }

  private int epochs() {
    return outcome == null || outcome.epochs().isEmpty() ? 0 : outcome.epochs().getLast().epoch();
  }

  /// The same for programs.
  Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("run", path.toString());
    fields.put("model", run == null ? null : run.config().model().name());
    fields.put("data", run == null ? null : run.config().data().name());
    fields.put("shape", run == null ? null : run.config().model().shape().toString());
    fields.put("classes", run == null ? null : run.config().model().classes());
    @Nullable Metric result = result().findFirst().orElse(null);
    fields.put("nll_nats", result == null ? null : result.nllNats());
    fields.put("standard_error", result == null ? null : result.standardError());
    fields.put("bits_per_dim", result == null ? null : bitsPerDim(result));
    fields.put(
        "measured_on", result == null ? null : result.kind().name().toLowerCase(Locale.ROOT));
    fields.put("epochs", epochs());
    fields.put("epochs_wanted", run == null ? null : run.config().recipe().epochs());
    fields.put("when", when.toString());
    fields.put("state", state.word());
    fields.put("detail", detail);
    return fields;
  }
}
