package dev.hindsight.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The class that Jazzer calls, by this name of its method. The target and a folder for its files
/// are system properties.
public final class FuzzedTarget {
  static final String TARGET = "hindsight.fuzz.target";
  static final String FOLDER = "hindsight.fuzz.folder";

  private static final FuzzTarget WANTED = FuzzTarget.valueOf(System.getProperty(TARGET));
  private static final Path SCRATCH = Path.of(System.getProperty(FOLDER));

  private FuzzedTarget() {}

  public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
    WANTED.read(bytes, SCRATCH);
    try (var files = Files.newDirectoryStream(SCRATCH)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }
}
