package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Reference;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.verify.CountRow;
import dev.hindsight.verify.Counting;
import dev.hindsight.verify.Goldens;
import dev.hindsight.verify.Gpu;
import dev.hindsight.verify.KernelResources;
import dev.hindsight.verify.Row;
import dev.hindsight.verify.SkippedWork;
import dev.hindsight.verify.TrainingParity;
import dev.hindsight.verify.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `hindsight verify`.
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compares every op with ND4J in double, and checks that no model looks ahead.",
      "Forward and backward; on the CUDA kernels unless --backend says otherwise, without a GPU on"
          + " the software GPU.",
      "With a run folder, checks that instead: one line for each file, \"ok\" or what is wrong,"
          + " exit code 1 where anything is.",
      ""
    })
final class VerifyCommand implements Callable<Integer> {
  private static final int HIDDEN = 1024; // MADE's hidden units in preset reference

  private static final Set<String> OF_STEPS =
      Set.of(
          "--steps",
          "--json",
          "--backend",
          "--device",
          "--precision",
          "--schedule-seed",
          "--perturb");
  private static final Set<String> OF_COUNTERS =
      Set.of("--counters", "--json", "--backend", "--device", "--precision", "--op", "--gpu");

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description =
          "Instead: the folder of a run. Checksums, shapes, finite weights, metrics, events, and"
              + " that all tell of the same epochs. Takes --json and --backend.")
  private @Nullable Path run;

  @Option(names = "--op", paramLabel = "NAME", description = "Only this op, or this model.")
  private @Nullable String op;

  @Option(
      names = "--seed-sizes",
      description = "Also at the sizes that the reference preset trains with.")
  private boolean seedSizes;

  @Option(names = "--json", description = "One JSON object a row.")
  private boolean json;

  @Option(
      names = "--goldens",
      paramLabel = "FILE",
      defaultValue = "${sys:hindsight.goldens}",
      description = "Take the right values from a file that 'hindsight bundle' wrote.")
  private @Nullable Path goldens;

  @Option(
      names = "--schedule-seed",
      paramLabel = "N",
      description = "Software GPU: shuffle the order of warps; 0 is their natural order.")
  private long scheduleSeed;

  @Option(
      names = "--perturb",
      description = "Software GPU: move approximate results to the edge of their documented error.")
  private boolean perturb;

  @Option(
      names = "--counters",
      description =
          "Instead: count what every kernel does on the software GPU: instructions, sectors, bank"
              + " conflicts, bytes and FLOPs against the least the op needs. Counts; the last"
              + " column is a time that they predict.")
  private boolean counters;

  @Option(
      names = "--gpu",
      paramLabel = "NAME",
      description =
          "With --counters: the GPU that launches are shaped for and whose bounds are shown: a100"
              + " or h100. Default: a100.")
  private @Nullable String gpu;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = {
        "Instead: train MADE of the reference preset for N steps here and on ND4J in float, and compare",
        "losses and weights."
      })
  private @Nullable Integer steps;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine line = Objects.requireNonNull(spec).commandLine();
    PrintWriter out = line.getOut();
    PrintWriter notices = json ? line.getErr() : out;
    if (run != null) {
      return RunVerification.of(run, line.getParseResult(), backendOption, json, out);
    }
    if (steps != null) {
      if (steps < 1) {
        throw new UserException("--steps must be at least 1 but is " + steps);
      }
      GivenOptions.requireOnly(line.getParseResult(), "--steps", OF_STEPS);
      return train(steps, out, notices);
    }
    if (counters) {
      GivenOptions.requireOnly(line.getParseResult(), "--counters", OF_COUNTERS);
    } else if (gpu != null) {
      throw new UserException("--gpu goes with --counters; add that or leave --gpu out");
    }
    return counters ? count(out, notices) : verify(out, notices);
  }

  private int verify(PrintWriter out, PrintWriter notices) {
    List<OpCase> all = new ArrayList<>(OpCases.all());
    if (seedSizes) {
      all.addAll(OpCases.seedSizes());
    }
    List<OpCase> cases = Verification.named(op, all);
    long start = System.nanoTime();
    var how = new SoftwareGpu(scheduleSeed, perturb, false, 0);
    try (Backend backend = backendOption.openToCheck(notices, how)) {
      notices.println(backend.describe());
      if (!json) {
        out.println(Row.header());
      }
      Verification verification = new Verification(backend, row -> print(out, row));
      compare(verification, stored(cases, backend), notices);
      verification.causality(op);
      verification.sampling(op);
      notices.printf("%s in %.1f s%n", verification.summary(), (System.nanoTime() - start) / 1e9);
      notices.flush();
      return verification.holds() ? 0 : CommandLines.FAILED;
    }
  }

  private static List<OpCase> stored(List<OpCase> cases, Backend backend) {
    return cases.stream().map(c -> c.in(backend.storage())).toList();
  }

  private void compare(Verification verification, List<OpCase> cases, PrintWriter notices) {
    if (goldens != null) {
      Goldens values = Goldens.read(goldens);
      cases.stream()
          .filter(c -> !values.has(c))
          .forEach(c -> notices.println("not checked, the goldens do not have it: " + c));
      verification.ops(values, cases.stream().filter(values::has).toList());
    } else if (!cases.isEmpty()) {
      try (Backend reference = Backends.reference()) {
        verification.ops(Reference.computedBy(reference), cases);
      }
    }
  }

  private int train(int count, PrintWriter out, PrintWriter notices) {
    var how = new SoftwareGpu(scheduleSeed, perturb, false, 0);
    try (Backend checked = backendOption.openToCheck(notices, how);
        Backend reference = Backends.referenceInFloat(checked.storage())) {
      TrainingParity found = TrainingParity.of(checked, reference, HIDDEN, count);
      out.println(json ? Json.line(found.json()) : found.text());
      out.flush();
      return found.holds() ? 0 : CommandLines.FAILED;
    }
  }

  private int count(PrintWriter out, PrintWriter notices) {
    Gpu shown = Gpu.named(gpu == null ? "a100" : gpu);
    KernelResources resources = new KernelResources(shown.architecture());
    List<OpCase> cases = Counting.cases(op);
    SoftwareGpu how = SoftwareGpu.counting(shown.multiprocessors());
    try (Backend backend = backendOption.openToCount("--counters", how)) {
      notices.printf(
          "counts, and predicted times (nothing is measured); launches as for %s; bytes between"
              + " kernels and caches%n",
          shown.name());
      notices.flush();
      if (!json) {
        out.println(CountRow.header());
      }
      new Counting(backend, shown).count(cases, row -> print(out, row, resources));
      if (op == null || op.equals("maskedLinear")) {
        SkippedWork.ofMade(backend, HIDDEN).forEach(row -> print(out, row));
      }
    }
    return 0;
  }

  private void print(PrintWriter out, CountRow row, KernelResources resources) {
    if (json) {
      row.json(resources).forEach(line -> out.println(Json.line(line)));
    } else {
      out.println(row.text(resources));
    }
    out.flush();
  }

  private void print(PrintWriter out, SkippedWork row) {
    out.println(json ? Json.line(row.json()) : row.text());
    out.flush();
  }

  private void print(PrintWriter out, Row row) {
    out.println(json ? Json.line(row.json()) : row.text());
    out.flush();
  }
}
