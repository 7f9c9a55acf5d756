package dev.hindsight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// How many lines of Java each module has: the number only falls. Who cannot do without more than 2
/// % above it raises it here, and says why in the same commit; who deletes lowers it.
class LinesTest {
  private static final Map<String, Integer> LIMITS =
      Map.ofEntries(
          Map.entry("bench/java", 4207),
          Map.entry("bench/test", 1210),
          Map.entry("examples", 352),
          Map.entry("src/cli/main", 10166),
          Map.entry("src/cli/test", 8826),
          Map.entry("src/hindsight/main", 46550),
          Map.entry("src/hindsight/test", 15045),
          Map.entry("src/hindsight/testing", 667),
          Map.entry("src/softgpu-junit/main", 130),
          Map.entry("src/softgpu-junit/test", 153),
          Map.entry("src/softgpu/main", 29698),
          Map.entry("src/softgpu/test", 12934),
          Map.entry("src/spark/main", 2076),
          Map.entry("src/spark/test", 1682),
          Map.entry("src/verify/main", 7460),
          Map.entry("src/verify/test", 7254));

  /// `src/cli/main` of a file there, `examples` of one of those.
  private static String module(Path file) {
    int names = file.startsWith("src") ? 3 : file.startsWith("examples") ? 1 : 2;
    return file.subpath(0, names).toString();
  }

  private static Map<String, Integer> lines() throws IOException {
    Map<String, Integer> lines = new TreeMap<>();
    for (String root : new String[] {"src", "bench", "examples"}) {
      try (Stream<Path> files = Files.walk(Path.of(root))) {
        for (Path file : files.filter(LinesTest::isSource).toList()) {
          lines.merge(module(file), Files.readAllLines(file).size(), Integer::sum);
        }
      }
    }
    return lines;
  }

  private static boolean isSource(Path file) {
    return file.toString().endsWith(".java") && !file.toString().contains("/target/");
  }

  @Test
  void onlyFall() throws IOException {
    Map<String, Integer> lines = lines();
    System.out.println("lines of Java: " + lines);
    assertThat(lines).containsOnlyKeys(LIMITS.keySet());
    LIMITS.forEach(
        (module, limit) ->
            assertThat(lines.getOrDefault(module, 0))
                .as("lines of %s", module)
                .isLessThanOrEqualTo(limit * 102 / 100));
  }
}
