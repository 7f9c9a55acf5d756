package dev.hindsight.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The user's browser, where there is one and a screen.
final class Browser {
  private static final List<String> OPENERS = List.of("xdg-open", "open");

  private Browser() {}

  /// Opens an address. Where that cannot be done nothing happens: it was printed as well.
  static void open(String address) {
    boolean screen =
        System.getenv("DISPLAY") != null
            || System.getenv("WAYLAND_DISPLAY") != null
            || System.getProperty("os.name").startsWith("Mac");
    Optional<Path> opener = OPENERS.stream().flatMap(Browser::onPath).findFirst();
    if (screen && opener.isPresent()) {
      try {
        new ProcessBuilder(opener.get().toString(), address)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
      } catch (IOException _) {
        // people can click at what was printed
      }
    }
  }

  private static Stream<Path> onPath(String name) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Arrays.stream(path.split(File.pathSeparator))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable);
  }
}
