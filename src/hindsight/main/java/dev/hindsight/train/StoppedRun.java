package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.train.Checkpoint.Reached;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/// What a stopped run goes on from, and whether there is anything left for it to do.
///
/// @param config what it goes on with, which may be more epochs or other bits than its file has
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
    @Nullable Reached reached =
        RunCheck.restore(folder, model, Checkpoint.into(backend, model, trainer.average()));
    if (reached == null) {
      return false;
    }
    if (reached.epochs() > 0) {
      requireSameBitsAfter(reached.epochs());
    }
    trainer.resumeAfter(reached);
    requireWork();
    return true;
  }

  /// An epoch whose weights are there but not its state is done again, and replaces them since it
  /// is the same to the bit. With others it may not be the best any more, and then weights would
  /// stay that belong to no epoch of the run, in place of its best.
  private void requireSameBitsAfter(int epochs) {
    if (RunConfig.read(folder.config()).arithmetic().equals(config.arithmetic())) {
      return;
    }
    int ahead = Checkpoint.best(folder.model()).epoch();
    if (ahead > epochs) {
      throw new UserException(
          "%s: is of epoch %d, which the run was stopped in and with other bits may not reach again; finish that epoch where it began, or train a new run"
              .formatted(folder.model(), ahead));
    }
  }

  private void requireWork() {
    int done = trainer.reached().epochs();
    int wanted = config.recipe().epochs();
    if (wanted < done) {
      throw new UserException(
          "%s: --epochs %d is less than the %d that are done; give more, or leave it out"
              .formatted(folder.path(), wanted, done));
    }
    if (!trainer.hasNext() && cameToItsEnd()) {
      String more =
          config.recipe().rate().schedule() == Schedule.CONSTANT && wanted == done
              ? "give more with --epochs"
              : wanted == done
                  ? "their rate has come down to 0, so for more train a new run"
                  : "none since epoch %d was better, so for more train a new run"
                      .formatted(trainer.reached().bestEpoch());
      throw new UserException(
          "%s: all %d epochs are done already; %s".formatted(folder.path(), done, more));
    }
  }

  /// Whether nothing is left to do after the last epoch. A sheet is no proof: `sample` draws one in
  /// its place of a run that was stopped while it looked at the test images, too.
  private boolean cameToItsEnd() {
    boolean tested =
        Metrics.read(folder.metrics()).stream()
            .anyMatch(metric -> metric.kind() == Metric.Kind.TEST);
    return Files.exists(folder.samples()) && (tested || !config.data().holdsOut());
  }
}
