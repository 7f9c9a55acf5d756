package dev.hindsight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The arrows of [ArchitectureTest] in the imports of the sources: javac copies constants, so that
/// classes do not say whose they are.
class ImportsTest {
  private static final Pattern IMPORT =
      Pattern.compile("import (?:static )?dev\\.hindsight\\.([a-z0-9.]+)\\.[A-Z]");

  private static final Pattern BACKEND = Pattern.compile("backend\\.(cpu|cuda|nd4j)\\b");

  /// What knows models by name.
  private static final String LIST = "BuiltInModel.java";

  @ParameterizedTest
  @ValueSource(strings = {"src/hindsight/main/java", "src/verify/main/java"})
  void followTheArrows(String sources) throws IOException {
    List<String> broken = new ArrayList<>();
    int seen = 0;
    try (Stream<Path> files = Files.walk(Path.of(sources))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        var imports = IMPORT.matcher(Files.readString(file));
        while (imports.find()) {
          seen++;
          String path = Path.of(sources, "dev/hindsight").relativize(file).toString();
          if (!allowed(path, imports.group(1))) {
            broken.add(file + " imports " + imports.group(1));
          }
        }
      }
    }
    assertThat(broken).isEmpty();
    assertThat(seen).isGreaterThan(100);
  }

  /// @param path `model/made/Made.java`
  private static boolean allowed(String path, String imported) {
    int name = path.lastIndexOf('/') + 1;
    String own = path.substring(0, name - 1).replace('/', '.');
    var backend = BACKEND.matcher(imported);
    if (backend.lookingAt()) { // nobody names a backend
      return own.startsWith(backend.group())
          && level(ArchitectureTest.CPU_ROOMS, imported) <= level(ArchitectureTest.CPU_ROOMS, own);
    }
    if (imported.startsWith("model.")) { // models do not know each other, nor does training
      if (own.startsWith("model.")) {
        return own.equals(imported);
      }
      if (own.equals("train")) {
        return LIST.equals(path.substring(name));
      }
    }
    return level(ArchitectureTest.ROOMS, first(imported))
        <= level(ArchitectureTest.ROOMS, first(own));
  }

  private static String first(String name) {
    String first = name.split("\\.", -1)[0];
    return first.equals("model") && !name.equals(first) ? "model.*" : first;
  }

  /// The row of a room; what is not there is below all.
  private static int level(String[][] rooms, String room) {
    for (int k = 0; k < rooms.length; k++) {
      if (Arrays.asList(rooms[k]).contains(room)) {
        return k;
      }
    }
    return -1;
  }
}
