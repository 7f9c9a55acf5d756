package dev.hindsight.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The file of constants is read as it was written, or refused.
class MeasuredTest {
  private static final Measured FOUND =
      new Measured(
          "NVIDIA A100-SXM4-80GB",
          1.41,
          19.5,
          280,
          new Measured.Memory(4400, 261),
          new Measured.Memory(1700, 466),
          new Measured.Waits(1.25, 2.5, 1.75));

  @TempDir private Path folder;

  @Test
  void whatWasWrittenIsRead() throws Exception {
    Path file = Files.writeString(folder.resolve("constants.json"), Json.pretty(FOUND));
    assertThat(Measured.read(file)).isEqualTo(FOUND);
  }

  @ParameterizedTest
  @CsvSource({
    "gpu, none",
    "clock, clocks",
    "1.41, -1.41",
    "4400, 0",
    "waits, wait",
    "1.75, \"x\"",
    "{, [",
  })
  void anythingElseIsRefusedInOneLine(String part, String other) throws Exception {
    String text = Json.pretty(FOUND).replaceFirst(Pattern.quote(part), other);
    Path file = Files.writeString(folder.resolve("constants.json"), text);
    assertThatThrownBy(() -> Measured.read(file))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "--constants: %s is not what 'hindsight bench --constants' writes; name that file"
                .formatted(file));
  }
}
