package dev.hindsight.bench.gpuday;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceBench;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.vendor.VendorBench;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.predict.GpuRates;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.train.DivergedException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// `hindsight gpu-day`.
@Command(
    name = "hindsight gpu-day",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Checks and times everything on a GPU within some minutes, and writes report.md, report.json and"
          + " pictures.",
      "It writes after each part; the same command goes on where it was stopped or time was short.",
      ""
    })
public final class GpuDayCommand implements Callable<Integer> {
  private static final int FAILED = 1;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "The report's folder.")
  private @Nullable Path out;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description = "When to end; what there was no time for is said. Default: ${DEFAULT-VALUE}.")
  private int minutes = 10;

  @Option(
      names = "--device",
      paramLabel = "WHERE",
      description =
          "gpu, or software: a rehearsal at reduced sizes whose times mean nothing. Default:"
              + " ${DEFAULT-VALUE}.")
  private String device = "gpu";

  @Option(
      names = "--gpu",
      paramLabel = "NAME",
      description =
          "The GPU whose prediction stands beside the times. Default: the one at hand, H100 for a"
              + " rehearsal.")
  private @Nullable String gpu;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter said = Objects.requireNonNull(spec).commandLine().getOut();
    if (minutes < 1) {
      throw new UserException("--minutes must be at least 1 but is " + minutes);
    }
    if (!List.of("gpu", "software").contains(device)) {
      throw new UserException("--device must be gpu or software but is " + device);
    }
    if (gpu != null) {
      GpuRates.named(gpu);
    }
    Scale scale = device.equals("software") ? Scale.REHEARSAL : Scale.GPU;
    long deadline = System.nanoTime() + minutes * 60_000_000_000L;
    Map<String, Object> about = new LinkedHashMap<>();
    GpuRates rates = look(scale, about, line -> say(said, line));
    DayFolder folder = new DayFolder(Objects.requireNonNull(out), about);
    if (folder.count() > 0) {
      say(said, "goes on after %d parts in %s".formatted(folder.count(), out));
    }
    try (DayPredictions predictions = rates == null ? null : new DayPredictions(rates, scale)) {
      boolean whole = run(scale, folder, predictions, deadline, said);
      if (predictions != null && !predictions.await((deadline - System.nanoTime()) / 1e9)) {
        say(said, "some predictions were not ready in time");
      }
      write(folder, predictions);
      say(said, "%s/%s".formatted(out, DayReport.MARKDOWN));
      return whole ? 0 : FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  /// The device, and the GPU to predict for. A library that is none is found here, before anything
  /// is done.
  private @Nullable GpuRates look(
      Scale scale, Map<String, Object> about, Consumer<String> notices) {
    try (Backend backend = Parts.open(scale, Precision.FP32);
        DeviceClock clock = new DeviceClock(backend, scale.effort());
        VendorBench vendors = new VendorBench(backend, clock, notices)) {
      vendors.found().forEach(notices);
      GpuRates rates = DeviceBench.predictedFor(gpu, clock, scale.software()).orElse(null);
      about.put("device", backend.describe());
      about.put("software", scale.software());
      about.put("predicted_for", rates == null ? null : rates.name());
      return rates;
    }
  }

  /// Does what there is time for. A part that is still busy at the end is stopped with the program.
  ///
  /// @return whether nothing failed
  private static boolean run(
      Scale scale,
      DayFolder folder,
      @Nullable DayPredictions predictions,
      long deadline,
      PrintWriter said)
      throws InterruptedException {
    boolean whole = true;
    List<String> leftOut = new ArrayList<>();
    ExecutorService worker =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("part").factory());
    Pace pace = new Pace();
    for (Part part : new Parts(scale).all()) {
      double left = (deadline - System.nanoTime()) / 1e9;
      if (folder.has(part.name())) {
        pace.took(part, folder.seconds(part.name()));
        continue;
      }
      if (left <= 0 || (left < pace.expect(part) && !scale.software())) {
        leftOut.add(part.name());
        continue;
      }
      long start = System.nanoTime();
      Map<String, Object> outcome = new LinkedHashMap<>();
      try {
        Future<Map<String, Object>> busy = worker.submit(part.work()::run);
        Map<String, Object> result = busy.get((long) (1e3 * left), TimeUnit.MILLISECONDS);
        outcome.put("result", result);
        whole &= !Boolean.FALSE.equals(result.get(Part.HOLDS));
      } catch (TimeoutException _) {
        leftOut.add(part.name());
        continue;
      } catch (ExecutionException e) {
        outcome.put("failed", reason(e.getCause()));
        whole = false;
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      outcome.put("seconds", seconds);
      if (!outcome.containsKey("failed")) {
        pace.took(part, seconds);
      }
      folder.add(part.name(), outcome);
      write(folder, predictions);
      String ended = outcome.containsKey("failed") ? "failed: " + outcome.get("failed") : "done";
      say(said, String.format(Locale.ROOT, "%s: %s in %.1f s", part.name(), ended, seconds));
    }
    worker.shutdown();
    folder.leftOut(leftOut);
    leftOut.forEach(name -> say(said, "left out, for time was short: " + name));
    return whole;
  }

  /// Why a part failed, where it is the device or the machine; what is our bug ends the day, of
  /// which the report is written up to there.
  private static String reason(@Nullable Throwable cause) {
    return switch (cause) {
      case BackendException _, OutOfMemoryException _, DivergedException _, NotFiniteException _ ->
          String.valueOf(cause.getMessage());
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> throw new IllegalStateException("a part failed", cause);
    };
  }

  private static void write(DayFolder folder, @Nullable DayPredictions predictions) {
    if (predictions != null) {
      folder.predicted(predictions.found());
    }
    JsonNode state = folder.state();
    var report = new DayReport(state);
    folder.write(DayReport.OPS, report.opsPicture());
    folder.write(DayReport.STEPS, report.stepsPicture());
    folder.write(DayReport.MARKDOWN, report.markdown());
    folder.write(DayFolder.JSON, Json.pretty(state));
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }
}
