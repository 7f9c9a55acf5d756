package dev.hindsight.softgpu.check;

/// How an instruction uses the bytes that it addresses.
public enum Use {
  READ("read"),
  WRITE("write"),
  /// Reads, changes and writes, and tells the thread what it read.
  ATOMIC("atomic"),
  /// An atomic whose thread learns nothing: `red`, and `atom` where nobody wants the result.
  REDUCTION("atomic");

  /// Its name in reports.
  public final String verb;

  Use(String verb) {
    this.verb = verb;
  }

  boolean writes() {
    return this != READ;
  }

  /// Whether the thread learns what other blocks have written.
  boolean observes() {
    return this == READ || this == ATOMIC;
  }
}
