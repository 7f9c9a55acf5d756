package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VersionTest {
  @ParameterizedTest
  @CsvSource({"--version", "train --version", "verify -V"})
  void everyCommandTellsTheVersionOfThePom(String arguments) throws IOException {
    Cli ran = Cli.here(arguments).ok();
    String told = ran.out().strip();
    assertThat(told).matches("hindsight \\d+\\.\\d+\\.\\d+");
    assertThat(Files.readString(Path.of("pom.xml")))
        .contains(
            "<artifactId>hindsight-parent</artifactId>\n  <version>"
                + told.substring("hindsight ".length())
                + "</version>");
  }
}
