package dev.hindsight.cli;

import dev.hindsight.train.Preset;
import java.util.ArrayList;

/// The names of the models, for picocli's help and completion.
final class Models extends ArrayList<String> {
  private static final long serialVersionUID = 1;

  Models() {
    super(Preset.MODELS);
  }
}
