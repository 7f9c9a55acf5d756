package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Reference;
import dev.hindsight.format.Json;
import dev.hindsight.verify.Goldens;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class VerifyCommandTest {
  @TempDir private Path folder;

  private static List<OpCase> cases(String op) {
    return OpCases.all().stream().filter(c -> c.op().equals(op)).toList();
  }

  @Test
  void printsATableThatEndsWithOneLine() {
    Cli result = Cli.here("verify --backend nd4j --op activate");
    assertThat(result.err()).isEmpty();
    result.ok();
    List<String> lines = result.out().lines().toList();
    long rows = lines.stream().filter(line -> line.endsWith("  ok")).count();
    assertThat(rows).isEqualTo(3L * cases("activate").size()); // forward, backward, fresh
    assertThat(lines.getLast()).startsWith("all " + rows + " checks passed in ");
  }

  @Test
  void writesOneJsonObjectARow() {
    Cli result = Cli.here("verify --device software --op sigmoidCrossEntropy --json");
    result.ok();
    List<String> rows = result.out().lines().toList();
    assertThat(rows).hasSize(3 * cases("sigmoidCrossEntropy").size());
    for (String row : rows) {
      var json = Json.parse("row", row);
      assertThat(json.get("verdict").asString()).isEqualTo("ok");
      assertThat(json.get("error").asDouble()).isLessThanOrEqualTo(json.get("allowed").asDouble());
      assertThat(json.get("shape").asString()).isNotEmpty();
    }
  }

  @Test
  void checksWithAShuffledScheduleAndPerturbedApproximations() {
    Cli result = Cli.here("verify --device=software --op=adam --schedule-seed=3 --perturb");
    result.ok();
  }

  @Test
  void checksTheCausalityOfAModelByItsName() {
    Cli result = Cli.here("verify --backend cpu --op made");
    result.ok();
    assertThat(result.out())
        .contains(
            "causality flip",
            "causality poison",
            "causality classes",
            "sampling steps",
            "all 4 checks passed") // no kernel there draws whole images
        .doesNotContain("sampling best");
  }

  @Test
  void goldensAgreeWithWhatTheyWereWrittenFrom() {
    Path file = folder.resolve("goldens");
    List<String> ops = List.of("maskedLinear", "adam");
    List<OpCase> cases = ops.stream().flatMap(op -> cases(op).stream()).toList();
    try (Backend reference = Backends.reference()) {
      Goldens.write(file, cases, Reference.computedBy(reference));
    }
    for (String op : ops) {
      Cli result = Cli.here("verify --backend nd4j --op %s --goldens %s", op, file);
      result.ok();
    }
  }

  @Test
  void failsWhereAValueIsWrong() {
    Path file = folder.resolve("goldens");
    try (Backend backend = Backends.reference()) {
      Reference honest = Reference.computedBy(backend);
      Reference wrong =
          opCase -> opCase.shape().equals("127") ? spoil(honest.of(opCase)) : honest.of(opCase);
      Goldens.write(file, cases("add"), wrong);
    }
    Cli result = Cli.here("verify --backend nd4j --op add --goldens %s", file);
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.out()).contains("add 127 forward: y[5] is ", "1 of 8 checks failed");
  }

  private static Reference.Expected spoil(Reference.Expected right) {
    Map<String, double[]> copy =
        right.forward().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().clone()));
    Objects.requireNonNull(copy.get("y"))[5] += 0.01;
    return new Reference.Expected(copy, right.backward());
  }

  /// Each would be ignored; what is unknown besides keeps a command that takes them from its work.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--steps 0 --op none | --steps must be at least 1 but is 0",
        "--steps -5 --op none | --steps must be at least 1 but is -5",
        "--steps 1 --counters --gpu none | --counters does not go with --steps; leave out",
        "--steps 1 --op none | --op does not go with --steps; leave out one of the two",
        "--steps 1 --goldens none | --goldens does not go with --steps",
        "--steps 1 --seed-sizes | --seed-sizes does not go with --steps",
        "--counters --gpu none --perturb | --perturb does not go with --counters; leave out",
        "--counters --gpu none --schedule-seed 7 | --schedule-seed does not go with --counters",
        "--counters --gpu none --goldens none | --goldens does not go with --counters",
        "--counters --gpu none --seed-sizes | --seed-sizes does not go with --counters",
        "--gpu a100 --op none | --gpu goes with --counters; add that or leave --gpu out",
        "--backend nd4j --op conv | no op or model is called 'conv'",
        "--backend nd4j --device software | --device software is for backend cuda, not for nd4j",
      })
  void refusesWhatItWouldIgnore(String options, String part) {
    Cli.here("verify " + options).mistake(part);
  }
}
