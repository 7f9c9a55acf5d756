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
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    description = {
      "Compares every op with ND4J in double precision, and checks that no model " + "looks ahead.",
      "Checks forward and backward passes of the CUDA kernels, without a GPU on "
          + "the software GPU; --backend selects another backend.",
      "Given a run folder, checks that instead: one line per file, \"ok\" or the "
          + "fault; exit code 1 if there is a fault.",
      ""
    })
final class VerifyCommand extends CliCommand {
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
          "Check this run folder, or published weights, instead: checksums, shapes, finite weights,"
              + " metrics, events, and that all files agree on the epochs. Takes --json and "
              + "--backend.")
  private @Nullable Path run;

  @Option(names = "--op", paramLabel = "NAME", description = "Check only this op or model.")
  private @Nullable String op;

  @Option(
      names = "--seed-sizes",
      description = "Also check ops at the sizes of the reference preset.")
  private boolean seedSizes;

  @Option(names = "--json", description = "Print one JSON object per row.")
  private boolean json;

  @Option(
      names = "--goldens",
      paramLabel = "FILE",
      defaultValue = "${sys:hindsight.goldens}",
      description = "Compare with the values in this file, which 'hindsight bundle' wrote.")
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
          "Count what every kernel does on the software GPU instead: instructions, "
              + "sectors, bank conflicts, bytes and FLOPs, next to the least that the op "
              + "needs.")
  private boolean counters;

  @Option(
      names = "--gpu",
      paramLabel = "NAME",
      description =
          "With --counters: the GPU whose launch sizes and limits are used, a100 or "
              + "h100. Default: a100.")
  private @Nullable String gpu;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "Train the MADE of the reference preset for N steps here and on ND4J in "
              + "float instead, and compare losses and weights.")
  private @Nullable Integer steps;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Override
  public Integer call() {
    PrintWriter out = out();
    PrintWriter notices = notices(json);
    if (run != null) {
      return RunVerification.of(this, run, backendOption, json);
    }
    if (steps != null) {
      if (steps < 1) {
        throw new UserException("--steps must be at least 1 but is " + steps);
      }
      requireOnly("--steps", OF_STEPS);
      return train(steps, out, notices);
    }
    if (counters) {
      requireOnly("--counters", OF_COUNTERS);
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
          .forEach(c -> notices.println("not checked, missing in the goldens: " + c));
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
          "counts; launches as for %s; bytes between kernels and caches%n", shown.name());
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
  }

  private void print(PrintWriter out, SkippedWork row) {
    out.println(json ? Json.line(row.json()) : row.text());
  }

  private void print(PrintWriter out, Row row) {
    out.println(json ? Json.line(row.json()) : row.text());
  }
}
