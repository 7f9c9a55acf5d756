package dev.hindsight.bench.device;

import com.sun.management.OperatingSystemMXBean;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cuda.CudaBackend;
import dev.hindsight.backend.cuda.CudaOptions;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.error.UserException;
import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.device.SimulatedDevice;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `hindsight bench softgpu`.
@Command(
    name = "softgpu",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "How fast the software GPU is under its checks: rows of three products of products.cu, and of"
          + " shipped kernels. Each is run without, with the standard and with all checks in turn;"
          + " a row has the median, in millions of thread-instructions a second of CPU time, as if"
          + " the threads had a core each. The check of races between blocks leaves one to run.",
      ""
    })
public final class SoftGpuCommand implements Callable<Integer> {
  private static final List<String> PRODUCTS = List.of("naive", "tiled", "blocked");

  /// Thread-instructions that are timed at once: a process's CPU time comes in steps of 10 ms.
  private static final long AT_ONCE = 200_000_000;

  @Option(
      names = "--checks",
      split = ",",
      paramLabel = "NAME",
      description =
          "Sets of checks; the first is what others are compared with. Default: ${DEFAULT-VALUE}.")
  private List<String> sets = List.of("none", "standard", "all");

  @Option(
      names = "--side",
      paramLabel = "N",
      description = "Of the matrices, a multiple of 64. Default: ${DEFAULT-VALUE}.")
  private int side = 512;

  @Option(names = "--rounds", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds = 5;

  @Option(
      names = "--threads",
      split = ",",
      paramLabel = "N",
      description = "Default: ${DEFAULT-VALUE}.")
  private List<Integer> threads = List.of(1, 2);

  @Option(
      names = "--kernels",
      split = ",",
      paramLabel = "NAME",
      description = "naive, tiled, blocked, or ops of the catalogue. Default: ${DEFAULT-VALUE}.")
  private List<String> kernels =
      List.of("naive", "tiled", "blocked", "maskedLinear", "maskedConv2d", "causalAttention");

  @Spec private @Nullable CommandSpec spec;

  /// What is timed under one set of checks.
  private interface Subject extends AutoCloseable {
    void run();

    /// Thread-instructions of a run.
    long instructions();

    @Override
    void close();
  }

  @Override
  public Integer call() {
    if (side < 64 || side % 64 != 0) {
      throw new UserException("--side must be a multiple of 64 but is " + side);
    }
    if (rounds < 1) {
      throw new UserException("--rounds must be at least 1 but is " + rounds);
    }
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    out.println("kernel\tchecks\tthreads\tM_thread_instructions_per_s\ttimes_none");
    for (String kernel : kernels) {
      for (int count : threads) {
        time(kernel, count, out);
      }
    }
    return 0;
  }

  private void time(String kernel, int count, PrintWriter out) {
    long instructions;
    try (Subject counted = subject(kernel, options("none", count).withCounters(true))) {
      instructions = counted.instructions();
    }
    long runs = Math.max(1, AT_ONCE / instructions);
    Map<String, double[]> seconds = new LinkedHashMap<>();
    sets.forEach(checks -> seconds.put(checks, new double[rounds]));
    for (int round = -1; round < rounds; round++) {
      for (String checks : sets) {
        try (Subject timed = subject(kernel, options(checks, count))) {
          timed.run(); // compiles, and writes what is written
          int busy = Check.named(checks).contains(Check.GLOBAL_RACE) ? 1 : count;
          long start = now(busy);
          for (long run = 0; run < runs; run++) {
            timed.run();
          }
          Objects.requireNonNull(seconds.get(checks))[Math.max(round, 0)] =
              (now(busy) - start) * 1e-9 / runs;
        }
      }
    }
    double none = median(Objects.requireNonNull(seconds.get(sets.getFirst())));
    seconds.forEach(
        (checks, each) -> {
          double median = median(each);
          out.printf(
              "%s\t%s\t%d\t%.0f\t%.2f%n",
              kernel, checks, count, instructions / median * 1e-6, median / none);
        });
    out.flush();
  }

  /// CPU time, which others on the machine change least, of one of so many threads in ns.
  private static long now(int threads) {
    if (threads == 1) {
      return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
    var process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return process.getProcessCpuTime() / threads;
  }

  private static double median(double[] values) {
    double[] sorted = Arrays.stream(values).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static Options options(String checks, int threads) {
    try {
      return Options.standard().withThreads(threads).withChecks(Check.named(checks));
    } catch (IllegalArgumentException e) {
      throw new UserException("--checks: " + e.getMessage());
    }
  }

  private Subject subject(String kernel, Options options) {
    return PRODUCTS.contains(kernel)
        ? new Product(kernel, side, options)
        : new Shipped(kernel, options);
  }

  private static long sum(List<LaunchCounters> counters) {
    return counters.stream().mapToLong(LaunchCounters::totalThreadInstructions).sum();
  }

  /// A product of squares, on a device of its own.
  private static final class Product implements Subject {
    private final SimulatedDevice device;
    private final Runnable launch;

    Product(String kernel, int side, Options options) {
      device = new SimulatedDevice(options);
      launch = Products.of(device, source(), kernel, side);
    }

    private static String source() {
      try (InputStream in = SoftGpuCommand.class.getResourceAsStream("products.ptx")) {
        return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void run() {
      launch.run();
    }

    @Override
    public long instructions() {
      device.takeCounters();
      run();
      return sum(device.takeCounters());
    }

    @Override
    public void close() {}
  }

  /// The first case of an op of the catalogue, forward.
  private static final class Shipped implements Subject {
    private final InstalledDriver driver;
    private final Backend backend;
    private final Scope scope;
    private final OpCase opCase;
    private final CaseTensors tensors;

    Shipped(String op, Options options) {
      List<OpCase> cases = new ArrayList<>(OpCases.largeTiles());
      cases.addAll(OpCases.all());
      opCase =
          cases.stream()
              .filter(c -> c.op().equals(op))
              .max((a, b) -> Long.compare(a.forward().work().flops(), b.forward().work().flops()))
              .orElseThrow(() -> new UserException("no kernel or op " + op));
      driver = InstalledDriver.install(options);
      backend = CudaBackend.open(CudaOptions.standard().withDriverAlreadyLoaded());
      scope = backend.open("bench");
      tensors = new CaseTensors(backend, scope, opCase);
    }

    @Override
    public void run() {
      opCase.forward().run(backend, tensors::get);
      backend.synchronize();
    }

    @Override
    public long instructions() {
      driver.device().takeCounters();
      run();
      return sum(driver.device().takeCounters());
    }

    @Override
    public void close() {
      scope.close();
      backend.close();
    }
  }
}
