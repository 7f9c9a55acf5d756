package dev.hindsight.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.train.Metric;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  private static final List<ComparedRun> RUNS =
      List.of(run("made", 3_706_640, 99.5, 93.25, 94.125), run("lstm", 68_737, 151, 120, 91.5));

  private static ComparedRun run(String model, long parameters, double... nats) {
    List<Metric> tests = new ArrayList<>();
    for (int k = 0; k < nats.length; k++) {
      tests.add(
          new Metric(Metric.Kind.TEST, k + 1, 250L * (k + 1), nats[k], 1e-3, 1234.4, 30.8 * k));
    }
    return new ComparedRun(model, "batch 32 < 64", parameters, 1000, tests, 0.256, "Bw==");
  }

  @Test
  void theTableHasTheBestEpochOfEachModel() {
    assertThat(ComparisonTable.markdown(RUNS).lines())
        .containsExactly(
            "| model | parameters | nats per image | bits/dim | best epoch | training | images/s | 25"
                + " samples |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            "| made | 3,706,640 | 93.25 | 0.1716 | 2 of 3 | 62 s | 1234 | 0.26 s |",
            "| lstm | 68,737 | 91.50 | 0.1684 | 3 of 3 | 62 s | 1234 | 0.26 s |");
  }

  @Test
  void aRunHasNoPointWhereItWasNotTested() {
    ComparedRun late =
        new ComparedRun("late", "", 1, 1, RUNS.getFirst().tests().subList(1, 2), 0, "");
    assertThat(LearningCurves.data(List.of(RUNS.getFirst(), late)))
        .containsExactly(
            List.of(250L, 500L, 750L),
            List.of(99.5, 93.25, 94.125),
            Arrays.asList(null, 93.25, null));
  }

  @Test
  void thePageHoldsItsPicturesAndEscapesText(@TempDir Path folder) throws Exception {
    Path page = folder.resolve("index.html");
    ComparisonPage.write(page, folder.resolve("table.md"), "on A & B", RUNS);
    String html = Files.readString(page);
    assertThat(html).contains("<p>on A &amp; B</p>").contains("batch 32 &lt; 64");
    assertThat(html).contains("<td>93.25</td>").contains("src=\"data:image/png;base64,Bw==\"");
    assertThat(html).doesNotContain("src=\"http").doesNotContain("%s");
    assertThat(html).contains("var uPlot=").contains("[[250,500,750],[99.5,93.25,94.125],[151.0,");
    assertThat(folder.resolve("table.md")).content().startsWith("| model |");
  }
}
