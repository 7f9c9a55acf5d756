package dev.hindsight.bench;

import dev.hindsight.catalogue.OpCase;
import dev.hindsight.error.UserException;
import java.util.function.Consumer;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Runs [OpBench] in a JVM of its own for each op and backend.
final class OpRuns {
  private OpRuns() {}

  static void run(OpCase opCase, String backend, Consumer<OpRow> rows) {
    String phases = opCase.backward() == null ? "forward" : "(forward|backward)";
    Options options =
        new OptionsBuilder()
            .include(OpBench.class.getName().replace(".", "\\.") + "\\." + phases + "$")
            .param("backendName", backend)
            .param("caseName", opCase.toString())
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .build();
    try {
      for (var result : new Runner(options).run()) {
        Result<?> time = result.getPrimaryResult();
        rows.accept(
            new OpRow(opCase, time.getLabel(), backend, time.getScore(), time.getScoreError()));
      }
    } catch (RunnerException e) {
      throw new UserException(
          "bench: %s did not run on %s (%s); try ./hindsight verify --backend %s --op %s"
              .formatted(opCase, backend, e.getMessage(), backend, opCase.op()));
    }
  }
}
