package dev.hindsight.natives;

import dev.hindsight.backend.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A process that opens a backend and prints which shared libraries it then has.
final class LoadedLibraries {
  private LoadedLibraries() {}

  public static void main(String[] args) throws IOException {
    try (var _ = Backends.open(args[0])) {
      for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
        int path = line.indexOf('/');
        if (path >= 0 && line.contains(".so")) {
          System.out.println(line.substring(path));
        }
      }
    }
  }
}
