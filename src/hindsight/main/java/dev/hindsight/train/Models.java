package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.error.UserException;
import dev.hindsight.format.FormatException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;
import java.nio.file.Path;

/// Models in files: one's own as well as those of Hindsight. A file holds weights alone, as
/// safetensors under PyTorch's names and in its shapes.
///
/// ```java
/// Models.save(backend, model, path);
/// AutoregressiveModel again = Models.load(backend, model.config(), path);
/// AutoregressiveModel best = Models.open(backend, Path.of("runs/made"));
/// AutoregressiveModel ours = Models.pretrained(backend, "gated-pixelcnn-mnist-256");
/// ```
public final class Models {
  private Models() {}

  /// Writes the weights of a model, whole or not at all.
  ///
  /// @param backend that holds the model
  /// @throws NotFiniteException when a weight is no number: [#load] would refuse the file
  public static void save(Backend backend, AutoregressiveModel model, Path file) {
    try {
      Checkpoint.writeWeights(file, backend, model);
    } catch (NotFiniteException e) {
      throw new NotFiniteException(
          "%s: not written, since %s; train the model with a lower rate"
              .formatted(file, e.getMessage()));
    }
  }

  /// Builds a model with the weights of a file; whoever asks for it closes it.
  ///
  /// @param backend that is to hold it, of whatever kind the one was that trained it
  /// @param config that of the model that was saved
  /// @throws FormatException when the file cannot be read, or holds a model of another config
  public static AutoregressiveModel load(Backend backend, ModelConfig config, Path file) {
    AutoregressiveModel model = config.create(backend, RandomKey.of(0));
    try {
      Checkpoint.readModel(file, model);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
    return model;
  }

  /// The model of a run folder, as `hindsight train` leaves one, with the weights of its best
  /// epoch.
  ///
  /// @throws UserException when the folder holds no run, or not one of Hindsight's own models
  public static AutoregressiveModel open(Backend backend, Path run) {
    return StoredRun.open(run).load(backend);
  }

  /// The model of weights that ship, by name; `hindsight-weights` must be on the class path.
  ///
  /// @throws UserException when there are none of this name, with the names that there are
  public static AutoregressiveModel pretrained(Backend backend, String name) {
    return open(backend, Pretrained.require(name));
  }
}
