package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.train.BuiltInModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What no compiler knows of a model: the files that are not in Java.
class EveryModelTest {
  @ParameterizedTest
  @EnumSource
  void hasItsModuleInPyTorch(BuiltInModel model) throws IOException {
    assertThat(Files.readString(Path.of("pytorch/hindsight_models.py")))
        .as("a case of create, and the reference sizes")
        .contains("case {\"name\": \"%s\"".formatted(model.label()))
        .contains("    {\"name\": \"%s\"".formatted(model.label()));
  }

  @ParameterizedTest
  @EnumSource
  void hasItsRowInTheReadme(BuiltInModel model) throws IOException {
    assertThat(Files.readString(Path.of("README.md")))
        .as("the table of models")
        .containsPattern("\\| `%s[ `]".formatted(model.label()));
  }
}
