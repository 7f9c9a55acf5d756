package dev.hindsight.cli;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.IVersionProvider;

/// The version in `pom.xml`, which the build writes into the resource `version`.
final class Version implements IVersionProvider {

  static String number() {
    try (InputStream in = Version.class.getResourceAsStream("version")) {
      if (in == null) {
        throw new IllegalStateException("the resource 'version' is missing; build again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the resource 'version'", e);
    }
  }

  @Override
  public String[] getVersion() {
    return new String[] {"hindsight " + number()};
  }
}
