package dev.hindsight.cli;

import dev.hindsight.error.Resources;
import picocli.CommandLine.IVersionProvider;

/// The version in `pom.xml`, which the build writes into the resource `version`.
final class Version implements IVersionProvider {

  static String number() {
    return Resources.text(Version.class, "version").strip();
  }

  @Override
  public String[] getVersion() {
    return new String[] {"hindsight " + number()};
  }
}
