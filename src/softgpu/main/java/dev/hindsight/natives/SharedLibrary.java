package dev.hindsight.natives;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// One attempt to load a shared library by name, as the system's loader sees it.
///
/// @param found whether it loaded
/// @param detail where it lies, or the loader's own words why it did not load
public record SharedLibrary(String name, boolean found, String detail) {
  private static final Path MAPS = Path.of("/proc/self/maps");

  /// Tries it. What loads stays loaded.
  public static SharedLibrary tryLoad(String name) {
    String failure = SystemLoader.load(name);
    return failure == null
        ? new SharedLibrary(name, true, place(name))
        : new SharedLibrary(name, false, withoutName(failure, name));
  }

  private static String withoutName(String failure, String name) {
    String prefix = name + ": ";
    return failure.startsWith(prefix) ? failure.substring(prefix.length()) : failure;
  }

  private static String place(String name) {
    String file = "/" + name.substring(0, name.indexOf(".so")) + ".so";
    try (Stream<String> maps = Files.lines(MAPS)) {
      return maps.filter(line -> line.contains(file))
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst()
          .orElse("loaded");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + MAPS, e);
    }
  }

  @Override
  public String toString() {
    return name + ": " + detail;
  }
}
