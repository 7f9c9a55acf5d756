package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// One-line mutants of the PTX that ships: each is caught, by a check or by other results.
@Tag("slow")
class MutantTest {
  /// The `nth` place (from 0) in the kernel where `find` matches becomes `change`.
  ///
  /// @param caughtBy kind of the first finding, or "other results" where only these tell
  record Mutant(
      String name, String caughtBy, Scenario scenario, String find, int nth, String change) {
    String ptx() {
      String all = alone(scenario);
      int from = all.indexOf(".entry " + scenario.kernel() + "(");
      int to = all.indexOf("\n}", from);
      Matcher matcher = Pattern.compile(find).matcher(all).region(from, to);
      for (int i = 0; i <= nth; i++) {
        assertThat(matcher.find()).as("%s: place %d of %s", name, i, find).isTrue();
      }
      StringBuilder out = new StringBuilder(all.substring(0, matcher.start()));
      String changed = matcher.group().replaceFirst(find, change);
      return out.append(changed).append(all.substring(matcher.end())).toString();
    }

    @Override
    public String toString() {
      return scenario.kernel() + ": " + name;
    }
  }

  private static final Pattern ENTRY =
      Pattern.compile("^\\.visible \\.entry (\\w+)\\(.*?^\\}$", Pattern.MULTILINE | Pattern.DOTALL);

  private static final Map<Scenario, String> ALONE = new HashMap<>();
  private static final Map<Scenario, float[]> WANTED = new HashMap<>();

  /// The file as it ships, without its other kernels: loading those of attention takes longer than
  /// running one.
  private static String alone(Scenario scenario) {
    return ALONE.computeIfAbsent(
        scenario,
        s ->
            ENTRY
                .matcher(s.ptx())
                .replaceAll(
                    entry ->
                        entry.group(1).equals(s.kernel())
                            ? Matcher.quoteReplacement(entry.group())
                            : ""));
  }

  static Stream<Mutant> mutants() {
    return TestDevice.table("mutants.tsv")
        .map(
            f ->
                new Mutant(
                    f[1],
                    f[2],
                    Objects.requireNonNull(Scenario.ALL.get(f[0])),
                    f[3],
                    Integer.parseInt(f[4]),
                    f[5]));
  }

  private static float[] run(Scenario scenario, String ptx) {
    return scenario.run(new TestDevice(scenario.options(), ptx, scenario.file()));
  }

  /// Of the kernel as it ships, run once.
  private static float[] wanted(Scenario scenario) {
    return WANTED.computeIfAbsent(scenario, s -> run(s, alone(s)));
  }

  static Collection<Scenario> scenarios() {
    return Scenario.ALL.values();
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void theKernelItselfIsClean(Scenario scenario) {
    assertThat(wanted(scenario)).doesNotContain(0f);
  }

  @Test
  void blocksInParallelGiveTheReportOfBlocksInOrder() {
    Mutant mutant =
        mutants().filter(m -> m.scenario.name().equals("LINEAR")).findFirst().orElseThrow();
    String alone = firstReport(mutant, 1);
    for (int i = 0; i < 20; i++) {
      assertThat(firstReport(mutant, 4)).isEqualTo(alone);
    }
  }

  private static String firstReport(Mutant mutant, int threads) {
    Options options = mutant.scenario.options().withThreads(threads);
    TestDevice device = new TestDevice(options, mutant.ptx(), mutant.scenario.file());
    DeviceFault thrown = catchThrowableOfType(DeviceFault.class, () -> mutant.scenario.run(device));
    return thrown.first().headline() + thrown.first().details() + thrown.first().by().block();
  }

  /// Who waits for others asks again and again until its turn ends, so turns are short then.
  @Test
  void waitingForTheGridTakesFewSteps() {
    Scenario scenario = Objects.requireNonNull(Scenario.ALL.get("PIXEL_SAMPLE"));
    Options few = Options.standard().withStepBudget(500_000);
    assertThat(scenario.run(new TestDevice(few, scenario.ptx(), scenario.file())))
        .isEqualTo(wanted(scenario));
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void isCaught(Mutant mutant) {
    float[] wanted = wanted(mutant.scenario);
    float[] got;
    try {
      got = run(mutant.scenario, mutant.ptx());
    } catch (DeviceFault found) {
      assertThat(found.first().kind().name()).as(found.getMessage()).isEqualTo(mutant.caughtBy);
      return;
    }
    assertThat(got).as(mutant + " gives the same bits and no finding").isNotEqualTo(wanted);
    assertThat("other results").isEqualTo(mutant.caughtBy);
  }
}
