package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Tests that `docs/robustness.md` names are there.
class RobustnessTest {
  private static final Pattern NAMED = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

  @Test
  void theTestsThatItNamesAreThere() throws IOException {
    List<Path> tests = new ArrayList<>();
    for (String place : List.of("src", "bench/test")) {
      try (var all = Files.walk(Path.of(place))) {
        all.filter(file -> file.toString().endsWith("Test.java")).forEach(tests::add);
      }
    }
    List<MatchResult> named =
        NAMED.matcher(Files.readString(Path.of("docs/robustness.md"))).results().toList();
    assertThat(named).hasSizeGreaterThan(50);
    for (MatchResult each : named) {
      String file = each.group(1) + ".java";
      List<Path> found = tests.stream().filter(test -> test.endsWith(file)).toList();
      assertThat(found).as(file).hasSize(1);
      assertThat(Files.readString(found.getFirst()))
          .as(file)
          .containsPattern(" void %s\\(".formatted(each.group(2)));
    }
  }
}
