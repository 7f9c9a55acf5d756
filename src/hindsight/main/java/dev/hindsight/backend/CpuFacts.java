package dev.hindsight.backend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What the CPU is and which vector instructions it has.
///
/// @param cores those that this process may use
public record CpuFacts(String name, int cores, Set<String> features) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final Set<String> TELLING =
      Set.of("avx", "avx2", "fma", "f16c", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "sve");

  /// Linux tells the name and the features; elsewhere only the architecture is known.
  public static CpuFacts ofThisMachine() {
    List<String> lines = List.of();
    if (Files.isReadable(CPU_INFO)) {
      try {
        lines = Files.readAllLines(CPU_INFO);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + CPU_INFO, e);
      }
    }
    String name =
        values(lines, "model name").findFirst().orElse(System.getProperty("os.arch", "unknown"));
    Set<String> features =
        Stream.concat(values(lines, "flags"), values(lines, "Features"))
            .flatMap(line -> Stream.of(line.split(" ")))
            .filter(TELLING::contains)
            .collect(Collectors.toCollection(TreeSet::new));
    return new CpuFacts(name, Runtime.getRuntime().availableProcessors(), features);
  }

  private static Stream<String> values(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip());
  }

  @Override
  public String toString() {
    return "%s, %d core(s), %s"
        .formatted(
            name, cores, features.isEmpty() ? "features unknown" : String.join(" ", features));
  }
}
