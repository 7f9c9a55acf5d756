package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.Jazzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every parser takes any bytes or refuses them in words: those of the corpus, in which each find
/// stays, and those that Jazzer makes of them where they reach code that none reached before.
class FuzzTest {
  private static final Path CORPUS =
      Path.of("src/cli/test/resources", "dev/hindsight/cli", "fuzz").toAbsolutePath();

  /// How long each parser is fuzzed; else a fixed number of inputs from a fixed seed.
  private static final String SECONDS = System.getProperty("hindsight.fuzz.seconds");

  @TempDir private Path temp;

  private static Path corpus(FuzzTarget target) {
    return CORPUS.resolve(target.name().toLowerCase(Locale.ROOT));
  }

  @ParameterizedTest
  @EnumSource
  void theCorpusIsReadOrRefused(FuzzTarget target) throws IOException {
    try (var files = Files.list(corpus(target))) {
      List<Path> all = files.sorted().toList();
      assertThat(all).hasSizeGreaterThan(2);
      for (Path file : all) {
        target.read(
            Files.readAllBytes(file),
            Files.createDirectory(temp.resolve(String.valueOf(file.getFileName()))));
      }
    }
  }

  /// A find is written to `target/fuzz`; it belongs into the corpus.
  @ParameterizedTest
  @EnumSource
  @Tag("exhaustive")
  void whatJazzerMakesOfTheCorpusIsReadOrRefused(FuzzTarget target) throws Exception {
    Path finds = Files.createDirectories(Path.of("target", "fuzz").toAbsolutePath());
    List<String> flags =
        List.of(
            "-Xmx1g",
            "-XX:+EnableDynamicAgentLoading",
            "-D%s=%s".formatted(FuzzedTarget.TARGET, target),
            "-D%s=%s"
                .formatted(FuzzedTarget.FOLDER, Files.createDirectory(temp.resolve("scratch"))));
    List<String> words =
        new ArrayList<>(
            List.of(
                "--target_class=" + FuzzedTarget.class.getName(),
                "--instrumentation_includes=" + String.join(":", target.watched()),
                "--custom_hook_includes=" + String.join(":", target.watched()), // starts sooner
                "-seed=1",
                "-max_len=8192",
                "-timeout=300", // of one input: it hangs
                "-artifact_prefix=" + finds + "/" + target + "-"));
    words.add(SECONDS == null ? "-runs=1000" : "-max_total_time=" + SECONDS);
    words.add(Files.createDirectory(temp.resolve("found")).toString()); // what it makes goes here
    words.add(corpus(target).toString());
    ProcessBuilder builder = Cli.java(Jazzer.class, flags, words.toArray(String[]::new));
    Path said = temp.resolve("said");
    Process jazzer =
        builder
            .directory(temp.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    int exit = jazzer.waitFor();
    String output = Files.readString(said);
    assertThat(exit).as(output).isZero();
    assertThat(output).contains("Done ");
    output.lines().filter(line -> line.startsWith("Done ")).forEach(System.out::println);
  }
}
