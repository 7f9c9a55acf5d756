package dev.hindsight.train;

import com.google.errorprone.annotations.FormatMethod;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.Png;
import dev.hindsight.format.TensorBoardReader;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Checkpoint.Best;
import dev.hindsight.train.Checkpoint.Part;
import dev.hindsight.train.Checkpoint.Reached;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Checks a run folder: each file by itself, then whether they belong to the same training. For
/// people it checks all of it; a run that goes on reads its state on the way. Nothing is written.
///
/// A process may have been killed at any moment, and what that leaves is in order: the best weights
/// and the metrics are written before the state, so they may be an epoch ahead of it.
public final class RunCheck {
  /// What a file is like.
  ///
  /// @param file its name in the folder
  /// @param wrong what is wrong with it, in one line; null where nothing is
  /// @param remark what people may want to know of a file that is in order; empty where nothing
  public record Finding(String file, @Nullable String wrong, String remark) {
    public boolean holds() {
      return wrong == null;
    }
  }

  private static final String NONE_YET = "none yet, no epoch is done";
  private static final String PUBLISHED = "none: of published weights no training goes on";

  private final RunFolder folder;
  private final Part state;
  private final List<Finding> findings = new ArrayList<>();
  private @Nullable RunConfig config;
  private @Nullable AutoregressiveModel model;
  private @Nullable Best best;
  private @Nullable Reached reached;
  private int measured;
  private boolean tested;

  /// @param state is given each part of the state
  private RunCheck(RunFolder folder, Part state) {
    this.folder = folder;
    this.state = state;
  }

  /// All files of a run, one finding each, in the order in which people meet them.
  ///
  /// @param backend that can hold the model, of whatever kind the one was that trained it
  public static List<Finding> of(RunFolder folder, Backend backend) {
    RunCheck check = new RunCheck(folder, (_, _) -> {});
    try {
      check.look(folder.config(), () -> check.config(backend));
      check.look(folder.model(), check::weights);
      check.look(folder.optimizer(), check::state);
      check.look(folder.metrics(), check::metrics);
      check.look(folder.samples(), check::sheet);
      check.rows();
      check.events();
      check.leftovers();
    } finally {
      if (check.model != null) {
        check.model.close();
      }
    }
    return List.copyOf(check.findings);
  }

  /// Reads what a stopped run goes on from, once it is known that all of it is in order.
  ///
  /// @param model whose weights are read
  /// @param state is given each part of the state
  /// @return null where there is none: a run that was stopped in its first epoch begins anew
  /// @throws UserException when it cannot go on
  static @Nullable Reached restore(RunFolder folder, AutoregressiveModel model, Part state) {
    folder.requireKinds();
    RunCheck check = new RunCheck(folder, state);
    check.config = RunConfig.read(folder.config());
    check.model = model;
    check.look(folder.model(), check::weights);
    check.look(folder.optimizer(), check::state);
    check.look(folder.metrics(), check::metrics);
    if (check.best != null && check.best.published()) {
      throw new FormatException(
          folder.path()
              + ": holds published weights, without the state that"
              + " training goes on from; start a new run");
    }
    for (Finding finding : check.findings) {
      if (!finding.holds()) {
        throw new FormatException(
            "%s: %s".formatted(folder.path().resolve(finding.file()), finding.wrong()));
      }
    }
    return check.reached;
  }

  /// @param read gives a remark, or throws what is wrong
  private void look(Path file, Supplier<String> read) {
    String name = folder.path().relativize(file).toString();
    try {
      findings.add(new Finding(name, null, read.get()));
    } catch (UserException e) {
      findings.add(new Finding(name, withoutPath(e.getMessage(), file), ""));
    }
  }

  /// `line 3: …` or `damaged: …`: the name is in the finding already.
  private static String withoutPath(String message, Path file) {
    String path = file.toString();
    return message.startsWith(path)
        ? message.substring(path.length()).replaceFirst("^:? ", "")
        : message;
  }

  private String config(Backend backend) {
    RunConfig read = RunConfig.read(folder.config());
    BuiltInModel.labelled(read.model().name()).preset(read.preset());
    Precision.of(read.arithmetic().precision());
    if (!read.data().sha256().matches("[0-9a-f]{64}")) {
      throw wrong("sha256 of data is '%s', which is none", read.data().sha256());
    }
    int names = read.data().classes().names().size();
    if (names != read.model().classes()) {
      throw wrong("has a model of %d classes but names of %d", read.model().classes(), names);
    }
    model = read.model().create(backend, RandomKey.of(0));
    config = read;
    if (RunConfig.isEdited(folder.config())) {
      return "edited: it has no checksum; train --resume gives it one";
    }
    return read.arithmetic().numerics().size() > 1
        ? "trained with %d numerics, one after another"
            .formatted(read.arithmetic().numerics().size())
        : "";
  }

  private String weights() {
    if (!Files.exists(folder.model())) {
      if (Files.exists(folder.optimizer()) && Checkpoint.reached(folder.optimizer()).epochs() > 0) {
        throw wrong("is gone, and without the best weights the run cannot end");
      }
      return NONE_YET;
    }
    Best found = Checkpoint.best(folder.model());
    if (model != null) {
      Checkpoint.modelWeights(folder.model(), model);
    }
    if (!Double.isFinite(found.nats())) {
      throw wrong("has an NLL of %s", found.nats());
    }
    best = found;
    return remark();
  }

  /// Without a state there was none yet: the weights and metrics of an epoch come before it.
  private String state() {
    if (!Files.exists(folder.optimizer())) {
      if (best != null && best.published()) {
        return PUBLISHED;
      }
      if ((best != null && best.epoch() > 1) || Files.exists(folder.samples())) {
        throw wrong("is gone, so the run cannot go on");
      }
      return NONE_YET;
    }
    if (model == null) {
      Checkpoint.reached(folder.optimizer());
      return remark();
    }
    Reached found =
        Checkpoint.state(
            folder.optimizer(),
            model,
            config != null && config.recipe().weights().ema() > 0,
            state);
    requireConsistent(found);
    reached = found;
    return remark();
  }

  private String remark() {
    return model == null ? "not compared with a config" : "";
  }

  private void requireConsistent(Reached state) {
    int epochs = state.epochs();
    if (epochs == 0 && state.begunSteps() > 0 && state.wholeSteps() == 0) {
      return; // of the first epoch, in which there is nothing to compare with
    }
    if (epochs < 1 || state.wholeSteps() < epochs || state.wholeSteps() % epochs != 0) {
      throw wrong("has %d epochs in %d steps", epochs, state.wholeSteps());
    }
    if (state.bestEpoch() < 1 || state.bestEpoch() > epochs || !Double.isFinite(state.bestNats())) {
      throw wrong(
          "has %d epochs, of which the best is %d with %s nats",
          epochs, state.bestEpoch(), state.bestNats());
    }
    if (config != null && epochs > config.recipe().epochs()) {
      throw wrong("has %d epochs but config.json wants %d", epochs, config.recipe().epochs());
    }
    if (best == null || best.epoch() > epochs) {
      return; // of the epoch in which the process was killed
    }
    if (best.epoch() != state.bestEpoch() || best.nats() != state.bestNats()) {
      throw wrong(
          "has its best epoch at %d with %s nats but model.safetensors is of epoch %d with" + " %s",
          state.bestEpoch(), state.bestNats(), best.epoch(), best.nats());
    }
  }

  private String metrics() {
    int epochs = reached == null ? 0 : reached.epochs();
    if (!Files.exists(folder.metrics())) {
      if (epochs > 0) {
        throw wrong("is gone, although %d epochs are done", epochs);
      }
      return NONE_YET;
    }
    List<Metric> all = withoutTest(Metrics.read(folder.metrics()));
    for (int k = 0; k < all.size(); k++) {
      requireInTurn(all, k);
    }
    measured = all.isEmpty() ? 0 : all.getLast().epoch();
    if (reached == null) {
      boolean found = best != null && best.epoch() > 1; // by the weights already
      if (measured > 1 && !found && !Files.exists(folder.optimizer())) {
        throw wrong("has %d epochs, although optimizer.safetensors is gone", measured);
      }
      return "";
    }
    if (measured < epochs || measured > epochs + 1) {
      throw wrong("ends at epoch %d but optimizer.safetensors at %d", measured, epochs);
    }
    if (all.size() < 2 * epochs) {
      throw wrong("ends in the middle of epoch %d but optimizer.safetensors after it", measured);
    }
    if (epochs > 0) {
      requireSame(all, reached);
    }
    return measured > epochs ? "an epoch ahead of the state; train --resume does it again" : "";
  }

  /// Of a run that holds images out, all but the last line, which a finished one has: the nats of
  /// its best weights on test images.
  private List<Metric> withoutTest(List<Metric> all) {
    if (all.size() < 2 || chooser(all) == Metric.Kind.TEST) {
      return all;
    }
    Metric last = all.getLast();
    tested = last.kind() == Metric.Kind.TEST;
    if (tested && reached != null && last.epoch() != reached.bestEpoch()) {
      throw wrong(
          "line %d: has the test images at epoch %d but optimizer.safetensors the best at %d",
          all.size(), last.epoch(), reached.bestEpoch());
    }
    if (tested && !Double.isFinite(last.nllNats())) {
      throw wrong("line %d: has %s nats; expected a number", all.size(), last.nllNats());
    }
    return tested ? all.subList(0, all.size() - 1) : all;
  }

  /// Each epoch has a line for the training images, then one for those that choose it.
  private void requireInTurn(List<Metric> all, int k) {
    Metric metric = all.get(k);
    int epoch = k / 2 + 1;
    Metric.Kind kind = k % 2 == 0 ? Metric.Kind.TRAIN : chooser(all);
    if (metric.epoch() != epoch || metric.kind() != kind) {
      throw wrong(
          "line %d: is of epoch %d, %s; expected epoch %d, %s",
          k + 1, metric.epoch(), metric.kind().word(), epoch, kind.word());
    }
    if (metric.step() != epoch * all.getFirst().step() || !Double.isFinite(metric.nllNats())) {
      throw wrong(
          "line %d: is of step %d with %s nats; expected step %d and a number",
          k + 1, metric.step(), metric.nllNats(), epoch * all.getFirst().step());
    }
  }

  /// Of a run whose settings are not known, that of its first epoch.
  private Metric.Kind chooser(List<Metric> all) {
    if (config != null) {
      return config.data().chooser();
    }
    return all.get(1).kind();
  }

  private static void requireSame(List<Metric> all, Reached state) {
    Metric last = all.get(2 * state.epochs() - 1);
    if (last.step() != state.wholeSteps()) {
      throw wrong(
          "has step %d at epoch %d but optimizer.safetensors has %d",
          last.step(), state.epochs(), state.wholeSteps());
    }
    Metric best = all.get(2 * state.bestEpoch() - 1);
    if (best.nllNats() != state.bestNats()) {
      throw wrong(
          "has %s nats at epoch %d but optimizer.safetensors %s",
          best.nllNats(), state.bestEpoch(), state.bestNats());
    }
  }

  private String sheet() {
    if (Files.exists(folder.samples())) {
      Png.requireWhole(folder.samples());
      if (!tested && measured > 0 && config != null && config.data().holdsOut()) {
        throw new FormatException(
            "is there, but metrics.jsonl has no line of the test images; train --resume looks at"
                + " them");
      }
      return "";
    }
    if (best != null && best.published()) {
      return "none: sample draws one";
    }
    boolean done =
        config != null
            && reached != null
            && config.recipe().ends(reached.epochs(), reached.bestEpoch());
    return done ? "none yet; train --resume draws it" : "none yet, the run is not at its end";
  }

  /// Samples after epochs, where there are any.
  private void rows() {
    for (int epoch = 1; epoch <= measured; epoch++) {
      Path row = folder.samples(epoch);
      if (Files.exists(row)) {
        look(
            row,
            () -> {
              Png.requireWhole(row);
              return "";
            });
      }
    }
  }

  private void events() {
    List<Path> files = folder.eventFiles();
    long[] lastStep = {0};
    int before = findings.size();
    for (Path file : files) {
      look(
          file,
          () -> {
            var events = TensorBoardReader.read(file);
            lastStep[0] = Math.max(lastStep[0], events.lastStep());
            return events.torn() == 0
                ? ""
                : "its last %d bytes were being written when the process was killed"
                    .formatted(events.torn());
          });
    }
    boolean readable = findings.stream().skip(before).allMatch(Finding::holds);
    if (readable && reached != null && lastStep[0] < reached.wholeSteps()) {
      String none = files.isEmpty() ? "holds no event file" : "ends at step " + lastStep[0];
      String wrong = "%s but optimizer.safetensors is at %d".formatted(none, reached.wholeSteps());
      findings.add(new Finding(folder.path().relativize(folder.events()).toString(), wrong, ""));
    }
  }

  private void leftovers() {
    try (Stream<Path> files = Files.walk(folder.path(), 2)) {
      for (Path file : files.filter(AtomicFile::isTemporary).sorted().toList()) {
        look(
            file,
            () -> {
              throw new FormatException("was left by a process that was killed; delete it");
            });
      }
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + folder.path(), e);
    }
  }

  @FormatMethod
  private static FormatException wrong(String message, Object... values) {
    return new FormatException(
        message.formatted(values) + "; put back what it was, or train a new run");
  }
}
