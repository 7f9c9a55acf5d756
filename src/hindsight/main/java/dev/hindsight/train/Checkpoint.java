package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.format.SafetensorsWriter;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.nn.ParameterFile;
import dev.hindsight.nn.Parameters;
import dev.hindsight.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The two files of a run. `model.safetensors` holds the best weights under PyTorch's names and
/// shapes; `optimizer.safetensors` holds all that is needed to go on: the last weights, Adam's
/// moments (under PyTorch's names for them), the average of the weights where there is one, and the
/// progress.
final class Checkpoint {
  private static final String WEIGHTS = "weights.";
  private static final String SECOND_MOMENTS = "exp_avg_sq.";

  private static final String FIRST_MOMENTS = "exp_avg.";
  private static final String AVERAGE = "ema.";
  private static final String BEST_NATS = "best_nll_nats";

  private Checkpoint() {}

  /// How far a run has come.
  ///
  /// @param epochs whole epochs done
  /// @param steps optimiser steps done
  /// @param bestNats lowest validation NLL so far, infinite before the first epoch
  /// @param bestEpoch the epoch, from 1, that reached it
  /// @param begunSteps those of `steps` that belong to an epoch which is not done
  /// @param begunNats the sum of their losses
  /// @param begunSeconds how long they took; those of whole epochs are in the metrics
  record Reached(
      int epochs,
      int steps,
      double bestNats,
      int bestEpoch,
      int begunSteps,
      double begunNats,
      double begunSeconds) {
    static final Reached START = new Reached(0, 0, Double.POSITIVE_INFINITY, 0, 0, 0, 0);

    /// After more steps of the epoch that has begun.
    Reached after(double[] nats, double seconds) {
      double sum = begunNats;
      for (double each : nats) {
        sum += each;
      }
      int done = nats.length;
      return new Reached(
          epochs,
          steps + done,
          bestNats,
          bestEpoch,
          begunSteps + done,
          sum,
          begunSeconds + seconds);
    }

    /// After the last step of an epoch.
    Reached epochDone(double testNats) {
      boolean better = testNats < bestNats;
      return new Reached(
          epochs + 1,
          steps,
          better ? testNats : bestNats,
          better ? epochs + 1 : bestEpoch,
          0,
          0,
          0);
    }

    /// Steps of whole epochs.
    int wholeSteps() {
      return steps - begunSteps;
    }

    /// The epoch of the last step, from 1.
    int epoch() {
      return begunSteps > 0 ? epochs + 1 : epochs;
    }
  }

  /// The file of the best weights.
  ///
  /// @param best flat, as the model's own weights
  /// @throws NotFiniteException when one is no number: the file could not be read back
  static SafetensorsWriter model(
      Backend backend, AutoregressiveModel model, Tensor best, Reached at) {
    return weights(backend, model, best)
        .metadata("epoch", "" + at.epochs())
        .metadata(BEST_NATS, "" + at.bestNats());
  }

  static void writeWeights(Path path, Backend backend, AutoregressiveModel model) {
    weights(backend, model, model.parameters().flat().value()).write(path);
  }

  private static SafetensorsWriter weights(
      Backend backend, AutoregressiveModel model, Tensor flat) {
    SafetensorsWriter file =
        new SafetensorsWriter().metadata("format", "pt").metadata("model", model.config().name());
    if (model.config().classes() > 0) {
      file.metadata("classes", "" + model.config().classes());
    }
    ParameterFile.add(file, "", model.parameters(), backend.readFloats(flat));
    return file;
  }

  static void readModel(Path path, AutoregressiveModel model) {
    model.parameters().write(modelWeights(path, model));
  }

  /// The weights of a file that are those of such a model, flat; the model keeps its own.
  ///
  /// @throws FormatException when the file cannot be read, is damaged or of another model
  static float[] modelWeights(Path path, AutoregressiveModel model) {
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      Parameters parameters = model.parameters();
      requireNoOthers(path, file, parameters.all().size());
      return ParameterFile.floats(file, "", parameters);
    }
  }

  /// The metadata of a file of best weights.
  ///
  /// @param epoch from 1
  /// @param nats validation NLL of that epoch
  /// @param published whether these weights are handed on without a state to go on from
  record Best(int epoch, double nats, boolean published) {}

  static Best best(Path path) {
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      requireChecksum(path, file);
      Map<String, String> metadata = file.metadata();
      return new Best(
          Integer.parseInt(metadata.getOrDefault("epoch", "")),
          Double.parseDouble(metadata.getOrDefault(BEST_NATS, "")),
          Pretrained.Origin.of(metadata).isPresent());
    } catch (NumberFormatException e) {
      throw new FormatException(
          path + ": does not say in numbers of which epoch it is; use another copy or train again");
    }
  }

  /// Weights from elsewhere need none where they are read alone; those of a run have one.
  private static void requireChecksum(Path path, SafetensorsReader file) {
    if (!file.hasChecksum()) {
      throw new FormatException(
          path + ": carries no checksum, so no run wrote it; use another copy or train again");
    }
  }

  /// The file of all that is needed to go on. It has copies of its numbers: training may go on.
  ///
  /// @param average of the weights; null where there is none
  /// @throws NotFiniteException when there is one that is no number: the file could not be read
  ///   back, and nothing that follows from it would be worth keeping
  static SafetensorsWriter state(
      Backend backend, AutoregressiveModel model, @Nullable Tensor average, Reached at) {
    SafetensorsWriter file =
        new SafetensorsWriter()
            .metadata("epochs", "" + at.epochs())
            .metadata("steps", "" + at.steps())
            .metadata(BEST_NATS, "" + at.bestNats())
            .metadata("best_epoch", "" + at.bestEpoch())
            .metadata("begun_steps", "" + at.begunSteps())
            .metadata("begun_nll_nats", "" + at.begunNats())
            .metadata("begun_seconds", "" + at.begunSeconds());
    for (var part : flatParts(model.parameters(), average).entrySet()) {
      ParameterFile.add(
          file, part.getKey(), model.parameters(), backend.readFloats(part.getValue()));
    }
    return file;
  }

  /// Takes the parts of a state into a model and its moments.
  static Part into(Backend backend, AutoregressiveModel model, @Nullable Tensor average) {
    Map<String, Tensor> parts = flatParts(model.parameters(), average);
    return (name, values) -> {
      if (name.equals(WEIGHTS)) {
        model.parameters().write(values);
      } else {
        backend.write(Objects.requireNonNull(parts.get(name)), values);
      }
    };
  }

  /// Takes what belongs into a flat tensor of a model.
  ///
  /// NOTE: `name` is the tensors' prefix in the file.
  interface Part {
    void take(String name, float[] values);
  }

  /// Reads the state of a run of such a model.
  ///
  /// @param averaged whether it has an average of the weights
  static Reached state(Path path, AutoregressiveModel model, boolean averaged, Part parts) {
    List<String> names = new ArrayList<>(List.of(WEIGHTS, FIRST_MOMENTS, SECOND_MOMENTS));
    if (averaged) {
      names.add(AVERAGE);
    }
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      requireChecksum(path, file);
      requireNoOthers(path, file, names.size() * model.parameters().all().size());
      for (String name : names) {
        parts.take(name, ParameterFile.floats(file, name, model.parameters()));
      }
      return reached(path, file.metadata());
    }
  }

  /// How far the run has come whose state this is.
  static Reached reached(Path path) {
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      return reached(path, file.metadata());
    }
  }

  private static Reached reached(Path path, Map<String, String> metadata) {
    try {
      return new Reached(
          Integer.parseInt(metadata.getOrDefault("epochs", "")),
          Integer.parseInt(metadata.getOrDefault("steps", "")),
          Double.parseDouble(metadata.getOrDefault(BEST_NATS, "")),
          Integer.parseInt(metadata.getOrDefault("best_epoch", "")),
          Integer.parseInt(metadata.getOrDefault("begun_steps", "")),
          Double.parseDouble(metadata.getOrDefault("begun_nll_nats", "")),
          Double.parseDouble(metadata.getOrDefault("begun_seconds", "")));
    } catch (NumberFormatException e) {
      throw new FormatException(
          path + ": does not say how far the run has come; it cannot be resumed, train again");
    }
  }

  private static Map<String, Tensor> flatParts(Parameters parameters, @Nullable Tensor average) {
    Map<String, Tensor> parts = new LinkedHashMap<>();
    parts.put(WEIGHTS, parameters.flat().value());
    parts.put(FIRST_MOMENTS, parameters.flat().firstMoment());
    parts.put(SECOND_MOMENTS, parameters.flat().secondMoment());
    if (average != null) {
      parts.put(AVERAGE, average);
    }
    return parts;
  }

  private static void requireNoOthers(Path path, SafetensorsReader file, int expected) {
    if (file.entries().size() > expected) {
      throw new FormatException(
          "%s: has %d tensors but the model of this run has %d; it is of another model"
              .formatted(path, file.entries().size(), expected));
    }
  }
}
