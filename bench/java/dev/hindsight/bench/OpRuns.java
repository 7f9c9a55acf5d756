package dev.hindsight.bench;

import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCase.Phase;
import dev.hindsight.error.UserException;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Runs [OpBench] in a JVM of its own for each op, phase and backend.
final class OpRuns {
  private OpRuns() {}

  static void run(OpCase opCase, String backend, Consumer<Map<String, @Nullable Object>> rows) {
    for (Phase phase : opCase.phases()) {
      Result<?> time = time(opCase, phase, backend);
      double nanoseconds = time.getScore() * 1e3;
      Map<String, @Nullable Object> row = opCase.columns(phase);
      row.put("backend", backend);
      row.put("us", time.getScore()); // the mean of a call
      row.put("us_error", time.getScoreError()); // half of the 99.9 % confidence interval
      row.put("gflops", phase.work().flops() / nanoseconds);
      row.put("gb_per_s", phase.work().bytes() / nanoseconds);
      rows.accept(row);
    }
  }

  private static Result<?> time(OpCase opCase, Phase phase, String backend) {
    var options =
        new OptionsBuilder()
            .include(OpBench.class.getName().replace(".", "\\.") + "\\.call$")
            .param("backendName", backend)
            .param("caseName", opCase.toString())
            .param("phaseName", phase.name())
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .build();
    try {
      return new Runner(options).runSingle().getPrimaryResult();
    } catch (RunnerException e) {
      throw new UserException(
          "bench: %s did not run on %s (%s); try ./hindsight verify --backend %s --op %s"
              .formatted(opCase, backend, e.getMessage(), backend, opCase.op()));
    }
  }
}
