package dev.hindsight.train;

import java.nio.file.Files;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// What the training of a run has come to, by its metrics.
///
/// @param epochs one per epoch, in order, each of the images that choose the best one
/// @param test of the best epoch's weights, where other images chose it
public record Outcome(List<Metric> epochs, Optional<Metric> test) {
  public Outcome {
    epochs = List.copyOf(epochs);
  }

  /// Of a run that may be in its first epoch.
  public static Outcome of(StoredRun run) {
    if (!Files.exists(run.folder().metrics())) {
      return new Outcome(List.of(), Optional.empty());
    }
    RunData data = run.config().data();
    List<Metric> all = Metrics.read(run.folder().metrics());
    return new Outcome(
        all.stream().filter(m -> m.kind() == data.chooser()).toList(),
        all.stream().filter(m -> data.holdsOut() && m.kind() == Metric.Kind.TEST).findFirst());
  }

  /// Whether all epochs of a run are done, the test images were looked at and the sheet is drawn.
  /// One of those does not follow from the other: `sample` draws a sheet in its place of any run.
  public boolean isComplete(StoredRun run) {
    return Files.exists(run.folder().samples())
        && (test.isPresent() || !run.config().data().holdsOut())
        && !epochs.isEmpty()
        && run.config().recipe().ends(epochs.getLast().epoch(), best().epoch());
  }

  /// The epoch with the lowest NLL.
  public Metric best() {
    return epochs.stream().min(Comparator.comparingDouble(Metric::nllNats)).orElseThrow();
  }

  /// The nats to go by: those of the test images, which chose the epoch where nothing else did.
  public Metric result() {
    return test.orElseGet(this::best);
  }
}
