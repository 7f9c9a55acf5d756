package dev.hindsight.bench.gpuday;

import dev.hindsight.backend.Backends;
import dev.hindsight.backend.GpuReport;
import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `hindsight gpu-day`.
@Command(
    name = "hindsight gpu-day",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Checks and times everything on a GPU: each part in a process of its own, with its own limit.",
      "Writes rows.tsv as it goes and report.md at the end. The same command goes on where it was"
          + " stopped; a part that failed is run again only with --only.",
      ""
    })
public final class GpuDayCommand implements Callable<Integer> {
  private static final int FAILED = 1;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "The day's folder.")
  private @Nullable Path out;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description = "When to end; the part that then runs is stopped. Default: ${DEFAULT-VALUE}.")
  private int minutes = 10;

  @Option(
      names = "--device",
      paramLabel = "WHERE",
      description =
          "gpu, or software: a rehearsal of a few parts whose times mean nothing. Default:"
              + " ${DEFAULT-VALUE}.")
  private String device = "gpu";

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description =
          "Parts whose names begin so, as 'step wavenet' or ops, also if they were run before.")
  private List<String> only = List.of();

  @Option(
      names = "--skip",
      split = ",",
      paramLabel = "PART",
      description = "Not the parts whose names begin so.")
  private List<String> skip = List.of();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (minutes < 1) {
      throw new UserException("--minutes must be at least 1 but is " + minutes);
    }
    Path folder = Objects.requireNonNull(out).toAbsolutePath();
    String name = device();
    List<Part> parts = choose(device.equals("gpu") ? Parts.onGpu(folder) : Parts.onSoftwareGpu());
    PrintWriter print = Objects.requireNonNull(spec).commandLine().getOut();
    var log = new DayLog(folder, name);
    var day = new GpuDay(folder, log, Instant.now().plus(Duration.ofMinutes(minutes)), print);
    try {
      day.run(parts, !only.isEmpty());
    } finally {
      report(folder, log, name, parts);
      print.println(folder.resolve(DayReport.FILE));
      print.flush();
    }
    boolean failed =
        log.ends().values().stream().anyMatch(end -> end.state() == DayLog.State.FAILED);
    return failed ? FAILED : 0;
  }

  /// What the driver calls the GPU. Nothing is opened in this process.
  private String device() {
    if (device.equals("software")) {
      return "the software GPU, whose times mean nothing";
    }
    if (!device.equals("gpu")) {
      throw new UserException("--device must be gpu or software but is " + device);
    }
    GpuReport found = Backends.gpu().look();
    if (!found.usable()) {
      throw new UserException(
          "no GPU can be used (%s); --device software rehearses".formatted(found.why()));
    }
    return found.gpus().getFirst() + ", driver " + found.driver();
  }

  private List<Part> choose(List<Part> all) {
    for (List<String> given : List.of(only, skip)) {
      for (String words : given) {
        if (all.stream().noneMatch(part -> part.isMeantBy(words))) {
          throw DidYouMean.unknown("part", words, all.stream().map(Part::kind).distinct().toList());
        }
      }
    }
    return all.stream()
        .filter(part -> only.isEmpty() || only.stream().anyMatch(part::isMeantBy))
        .filter(part -> skip.stream().noneMatch(part::isMeantBy))
        .toList();
  }

  private static void report(Path folder, DayLog log, String device, List<Part> parts) {
    List<String> left =
        parts.stream().map(Part::name).filter(part -> !log.ends().containsKey(part)).toList();
    String text = new DayReport(log, device, left).markdown();
    AtomicFile.write(folder.resolve(DayReport.FILE), text.getBytes(StandardCharsets.UTF_8));
  }
}
