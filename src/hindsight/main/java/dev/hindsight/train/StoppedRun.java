package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.train.Checkpoint.Reached;
import java.nio.file.Files;
import java.util.List;

/// What a stopped run goes on from, and whether it could come to its end.
///
/// @param model whose weights are read, like all else that `trainer` goes on from
record StoppedRun(
    RunFolder folder,
    RunConfig config,
    Backend backend,
    AutoregressiveModel model,
    Trainer trainer) {
  /// Reads it into the trainer. Nothing is written.
  ///
  /// @return whether there was anything: a run that was stopped in its first epoch begins anew
  /// @throws UserException when it cannot go on
  boolean restore() {
    folder.requireKinds();
    List<Metric> metrics =
        Files.exists(folder.metrics()) ? Metrics.read(folder.metrics()) : List.of();
    if (!Files.exists(folder.optimizer())) {
      requireNothingLost(metrics);
      return false;
    }
    Reached reached = Checkpoint.readState(folder.optimizer(), backend, model, trainer.average());
    if (reached.epochs() > 0) {
      requireBestWeights();
      requireSameBitsAfter(reached.epochs());
      requireMeasured(metrics, reached.epochs());
    }
    trainer.resumeAfter(reached);
    requireWork(metrics);
    return true;
  }

  /// Without a state there was none yet: an epoch's weights and metrics come before it.
  private void requireNothingLost(List<Metric> metrics) {
    int measured = metrics.isEmpty() ? 0 : metrics.getLast().epoch();
    int weights = Files.exists(folder.model()) ? Checkpoint.best(folder.model()).epoch() : 0;
    int epochs = Math.max(measured, weights);
    if (epochs > 1 || Files.exists(folder.samples())) {
      throw new UserException(
          "%s: is gone, so the run cannot go on after its %d epochs; put it back, or train a new run"
              .formatted(folder.optimizer(), epochs));
    }
  }

  /// Metrics that are lost would be missing for good, and `seconds` would begin at zero.
  private void requireMeasured(List<Metric> metrics, int epochs) {
    if (!Files.exists(folder.metrics())) {
      throw new UserException(
          "%s: is gone, although %d epochs are done; put it back, or train a new run"
              .formatted(folder.metrics(), epochs));
    }
    for (int epoch = 1; epoch <= epochs; epoch++) {
      for (var kind : List.of(Metric.Kind.TRAIN, config.chooser())) {
        int wanted = epoch;
        if (metrics.stream().noneMatch(m -> m.epoch() == wanted && m.kind() == kind)) {
          throw new UserException(
              "%s: has no line of epoch %d, %s, but optimizer.safetensors is at epoch %d; put the lost lines back, or train a new run"
                  .formatted(folder.metrics(), epoch, kind.word(), epochs));
        }
      }
    }
  }

  /// They end in the sheet, and no later epoch need be better than theirs.
  private void requireBestWeights() {
    if (!Files.exists(folder.model())) {
      throw new UserException(
          "%s: is gone, and without the best weights the run cannot end; put it back, or train a new run"
              .formatted(folder.model()));
    }
    Checkpoint.modelWeights(folder.model(), model);
  }

  /// An epoch whose weights are there but not its state is done again, and replaces them since it
  /// is the same to the bit. With others it may not be the best any more, and then weights would
  /// stay that belong to no epoch of the run, in place of its best.
  private void requireSameBitsAfter(int epochs) {
    RunConfig before = RunConfig.read(folder.config());
    if (before.numerics().equals(config.numerics())
        && before.precision().equals(config.precision())) {
      return;
    }
    int ahead = Checkpoint.best(folder.model()).epoch();
    if (ahead > epochs) {
      throw new UserException(
          "%s: is of epoch %d, which the run was stopped in and with other bits may not reach again; finish that epoch where it began, or train a new run"
              .formatted(folder.model(), ahead));
    }
  }

  private void requireWork(List<Metric> metrics) {
    int done = trainer.reached().epochs();
    int wanted = config.recipe().epochs();
    if (wanted < done) {
      throw new UserException(
          "%s: --epochs %d is less than the %d that are done; give more, or leave it out"
              .formatted(folder.path(), wanted, done));
    }
    if (!trainer.hasNext() && cameToItsEnd(metrics)) {
      String more =
          config.recipe().schedule() == Schedule.CONSTANT && wanted == done
              ? "give more with --epochs"
              : wanted == done
                  ? "their rate has come down to 0, so for more train a new run"
                  : "none since epoch %d was better, so for more train a new run"
                      .formatted(trainer.reached().bestEpoch());
      throw new UserException(
          "%s: all %d epochs are done already; %s".formatted(folder.path(), done, more));
    }
  }

  /// Whether nothing is left to do after the last epoch. The sheet does not tell: `sample` draws
  /// one in its place of a run that was stopped while it looked at the test images, too.
  private boolean cameToItsEnd(List<Metric> metrics) {
    boolean tested = metrics.stream().anyMatch(metric -> metric.kind() == Metric.Kind.TEST);
    return Files.exists(folder.samples()) && (tested || !config.holdsOut());
  }
}
