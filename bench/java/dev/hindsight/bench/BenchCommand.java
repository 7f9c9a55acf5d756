package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceBench;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.device.Effort;
import dev.hindsight.bench.device.KernelLoads;
import dev.hindsight.bench.device.SoftGpuCommand;
import dev.hindsight.bench.vendor.VendorBench;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Noise;
import dev.hindsight.data.Split;
import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.UserException;
import dev.hindsight.train.BuiltInModel;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `hindsight bench`.
@Command(
    name = "hindsight bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    subcommands = {ExchangeCommand.class, SoftGpuCommand.class},
    description = {
      "Times every op of the catalogue at training sizes, with --step a whole training step, or"
          + " with --sample drawing.",
      "On cuda ops are timed on the device, beside what it reaches at best; a step has two rows: with"
          + " a graph and without.",
      ""
    })
public final class BenchCommand implements Callable<Integer> {
  private static final int FAILED = 1;
  private static final List<Integer> SHEETS = List.of(1, 25, 256);
  private static final boolean[] WITH_AND_WITHOUT = {true, false};
  private static final boolean[] WITHOUT = {false};

  @Option(names = "--op", paramLabel = "NAME", description = "Only this op. Default: all.")
  private @Nullable String op;

  @Option(names = "--step", paramLabel = "MODEL", description = "Time a training step of it.")
  private @Nullable String step;

  @Option(
      names = "--sample",
      paramLabel = "MODEL",
      description =
          "Time drawing 1, 25 and 256 images with it, or --batch, and by full forward passes; all:"
              + " with every model.")
  private @Nullable String sample;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description = "Default: every one that opens here; with --step or --sample what auto picks.")
  private @Nullable String backend;

  @Option(
      names = "--device",
      paramLabel = "WHERE",
      description =
          "Where cuda runs: gpu, or software, whose times say how long a check takes and nothing of"
              + " a GPU. Default: ${DEFAULT-VALUE}.")
  private String device = "gpu";

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description = "fp32; bf16, on cpu and cuda; or tf32, on cuda. Default: ${DEFAULT-VALUE}.")
  private String precision = "fp32";

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = "With --step and --sample: base or reference. Default: ${DEFAULT-VALUE}.")
  private String preset = "reference";

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "With --step and --sample: images. Default: the preset's.")
  private @Nullable Integer batch;

  @Option(
      names = "--shape",
      paramLabel = "HxWxC",
      description =
          "With --step and --sample: noise of this height, width and channels, of 256 levels, instead of digits,"
              + " such as 32x32x3.")
  private @Nullable String shape;

  @Option(names = "--profile", description = "With --step: where its time goes, op by op.")
  private boolean profile;

  @Option(
      names = "--vendor",
      description =
          "On cuda: also time cuBLAS and cuDNN on the same tensors, where they are installed.")
  private boolean vendor;

  @Option(
      names = "--smoke",
      description =
          "On cuda: run each op once, and three steps and a drawing of each tiny model, beside what"
              + " the software GPU made of them. --op and --step choose one.")
  private boolean smoke;

  @Option(names = "--jit", description = "On cuda: how long the driver compiles each kernel.")
  private boolean jit;

  @Option(names = "--json", description = "Print one JSON object a row.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
    if (batch != null && batch < 1) {
      throw new UserException("--batch must be at least 1 but is " + batch);
    }
    if (profile && step == null) {
      throw new UserException("--profile tells of a training step; say which with --step MODEL");
    }
    if (shape != null && step == null && sample == null) {
      throw new UserException("--shape goes with --step MODEL or --sample MODEL; give one of them");
    }
    if (!device.equals("gpu")) {
      takeSoftwareGpu();
    }
    Precision in = Precision.of(precision);
    if (in != Precision.FP32) {
      backend = Benched.in(in, backend == null ? Backends.gpu().name() : backend);
    }
    if (smoke || jit) {
      return onCuda(out);
    }
    if (step != null) {
      timeStep(step, out);
    } else if (sample != null) {
      timeSampling(sample, out);
    } else {
      timeOps(out, err);
    }
    return 0;
  }

  private void takeSoftwareGpu() {
    if (!device.equals("software")) {
      throw new UserException("--device must be gpu or software but is " + device);
    }
    if (backend != null && !backend.equals(Backends.gpu().name())) {
      throw new UserException(
          "--device software is for backend cuda, not for %s; leave out one of the two"
              .formatted(backend));
    }
    backend = Benched.SOFTWARE_GPU;
  }

  private Dataset images() {
    return shape == null ? Datasets.open(Datasets.EMBEDDED, Split.TRAIN) : Noise.of(shape);
  }

  /// What is asked of a GPU alone.
  private int onCuda(PrintWriter out) {
    String name = backend == null ? Backends.gpu().name() : backend;
    if (!onDevice(name)) {
      throw new UserException(
          "--smoke and --jit are for cuda, not for %s; leave out --backend".formatted(name));
    }
    var printer = new RowPrinter(out, json);
    try (Backend opened = Benched.open(name)) {
      if (smoke) {
        return smoke(new Smoke(opened, printer::print)) ? 0 : FAILED;
      }
      KernelLoads.time(opened, printer::print);
      return 0;
    }
  }

  private boolean smoke(Smoke on) {
    boolean sound = true;
    if (step == null) {
      for (OpCase opCase : cases()) {
        sound &= on.op(opCase);
      }
    }
    if (op == null) {
      for (BuiltInModel model : BuiltInModel.values()) {
        sound &= (step != null && !step.equals(model.label())) || on.model(model);
      }
    }
    return sound;
  }

  private List<OpCase> cases() {
    List<OpCase> cases =
        OpCases.seedSizes().stream().filter(c -> op == null || c.op().equals(op)).toList();
    if (cases.isEmpty()) {
      throw DidYouMean.unknown(
          "op",
          String.valueOf(op),
          OpCases.seedSizes().stream().map(OpCase::op).distinct().toList());
    }
    return cases;
  }

  private void timeStep(String model, PrintWriter out) {
    String name = backend == null ? Backends.choose().name() : backend;
    try (Backend opened = Benched.open(name)) {
      var bench = new StepBench(name, opened, images());
      var printer = new RowPrinter(out, json);
      if (profile) {
        var ops = new OpProfile();
        Map<String, @Nullable Object> row =
            bench.run(model, preset, batch, false, ops.watch(opened));
        List<Map<String, Object>> calls =
            ops.json((double) Objects.requireNonNull(row.get("step_s")));
        row.put("ops", calls);
        printer.print(row);
        if (!json) {
          var table = new RowPrinter(out, false);
          calls.forEach(table::print);
        }
        return;
      }
      for (boolean graph : StepBench.records(opened) ? WITH_AND_WITHOUT : WITHOUT) {
        printer.print(bench.run(model, preset, batch, graph, opened));
      }
    }
  }

  private void timeSampling(String model, PrintWriter out) {
    String name = backend == null ? Backends.choose().name() : backend;
    try (Backend opened = Benched.open(name)) {
      var bench = new SampleBench(name, opened, images());
      var printer = new RowPrinter(out, json);
      for (String one : model.equals("all") ? BuiltInModel.labels() : List.of(model)) {
        for (int count : batch == null ? SHEETS : List.of(batch)) {
          printer.print(bench.run(one, preset, count));
        }
      }
    }
  }

  private void timeOps(PrintWriter out, PrintWriter err) {
    List<OpCase> cases = cases();
    List<String> backends = available(err);
    for (String name : backends.stream().filter(BenchCommand::onDevice).toList()) {
      timeOnDevice(name, cases, out, err);
    }
    List<String> others = backends.stream().filter(name -> !onDevice(name)).toList();
    var printer = new RowPrinter(out, json);
    for (OpCase opCase : cases) {
      for (String name : others) {
        OpRuns.run(opCase, name, printer::print);
      }
    }
  }

  private static boolean onDevice(String name) {
    return name.startsWith(Backends.gpu().name()) || software(name);
  }

  private static boolean software(String name) {
    return name.startsWith(Benched.SOFTWARE_GPU);
  }

  private void timeOnDevice(String name, List<OpCase> cases, PrintWriter out, PrintWriter err) {
    boolean software = software(name);
    try (Backend opened = Benched.open(name);
        var clock = new DeviceClock(opened, software ? Effort.SOFTWARE : Effort.GPU)) {
      if (!json) {
        out.println(opened.describe());
        if (software) {
          out.println("times of the software GPU, which say nothing of a GPU");
        }
      }
      try (VendorBench vendors = vendor ? new VendorBench(opened, clock, err::println) : null) {
        var printer = new RowPrinter(out, json);
        new DeviceBench(opened, clock)
            .run(
                cases,
                row -> {
                  printer.print(row.json(software));
                  if (vendors != null) {
                    vendors.row(row).ifPresent(printer::print);
                  }
                });
      }
    }
  }

  /// The backend that was asked for, or all that open; the others and why not go to `err`.
  private List<String> available(PrintWriter err) {
    List<String> names = new ArrayList<>();
    for (String name : backend == null ? Backends.names() : List.of(backend)) {
      if (name.equals(Backends.AUTO)) {
        continue;
      }
      try {
        Benched.open(name).close();
        names.add(name);
      } catch (BackendException e) {
        if (backend != null) {
          throw e;
        }
        err.println("not available: " + e.getMessage());
        err.flush();
      }
    }
    return names;
  }
}
