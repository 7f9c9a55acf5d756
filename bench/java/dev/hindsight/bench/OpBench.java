package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCase.Phase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.tensor.Scope;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// One op of the catalogue on one backend. `verify` says whether its answer is right.
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS) // the JIT is done after one
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class OpBench {
  @Param("nd4j")
  public String backendName = "";

  @Param("maskedLinear 64x1024x1024 relu")
  public String caseName = "";

  @Param("forward")
  public String phaseName = "";

  private @Nullable Backend backend;
  private @Nullable Scope scope;
  private @Nullable Runnable call;

  @Setup
  public void open() {
    Backend opened = Benched.open(backendName);
    backend = opened;
    OpCase opCase =
        OpCases.seedSizes().stream()
            .filter(c -> c.toString().equals(caseName))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no case " + caseName))
            .in(opened.storage());
    scope = opened.open("bench");
    var tensors = new CaseTensors(opened, scope, opCase);
    opCase.forward().run(opened, tensors::get); // backward needs its outputs
    for (Phase phase : opCase.phases()) {
      if (phase.name().equals(phaseName)) {
        call = () -> phase.run(opened, tensors::get);
      }
    }
  }

  @Benchmark
  public void call() {
    Objects.requireNonNull(call).run();
    Objects.requireNonNull(backend).synchronize();
  }

  @TearDown
  public void close() {
    Objects.requireNonNull(scope).close();
    Objects.requireNonNull(backend).close();
  }
}
