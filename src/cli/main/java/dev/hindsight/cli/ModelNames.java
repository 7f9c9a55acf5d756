package dev.hindsight.cli;

import dev.hindsight.train.BuiltInModel;
import java.util.ArrayList;

/// The names of the models, for picocli's help and completion.
final class ModelNames extends ArrayList<String> {
  private static final long serialVersionUID = 1;

  ModelNames() {
    super(BuiltInModel.labels());
  }
}
