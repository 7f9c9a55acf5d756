package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;

/// What is timed, by a name that fits a JMH parameter and a row.
final class Benched {
  static final String SOFTWARE_GPU = "software-gpu";

  private Benched() {}

  static Backend open(String name) {
    return name.equals(SOFTWARE_GPU) ? Backends.openSoftwareGpu() : Backends.open(name);
  }
}
