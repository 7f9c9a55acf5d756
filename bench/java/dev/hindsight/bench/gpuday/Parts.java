package dev.hindsight.bench.gpuday;

import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.cli.Main;
import dev.hindsight.train.BuiltInModel;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The parts of a day, the most telling first; last those that call NVIDIA's libraries.
final class Parts {
  private static final List<Precision> FASTEST_FIRST =
      List.of(Precision.BF16, Precision.TF32, Precision.FP32);

  private final List<Part> parts = new ArrayList<>();
  private List<String> before = List.of();

  private Parts() {}

  /// What a GPU is asked.
  ///
  /// @param folder of the day
  static List<Part> onGpu(Path folder) {
    var all = new Parts();
    List<String> models = BuiltInModel.labels();
    List<String> ops = OpCases.seedSizes().stream().map(OpCase::op).distinct().toList();
    all.command("devices", 120, "devices");
    for (Precision precision : FASTEST_FIRST) {
      all.bench("smoke", precision.label(), 120, "--smoke --precision " + precision.label());
    }
    for (String preset : List.of("reference", "base")) {
      for (Precision precision : FASTEST_FIRST) {
        for (String model : models) {
          String what = "%s --preset %s --precision %s".formatted(model, preset, precision.label());
          all.bench("step", what, 90, "--step " + what);
        }
      }
    }
    for (String preset : List.of("reference", "base")) {
      for (String model : models) {
        String what = "%s --preset %s".formatted(model, preset);
        all.bench("sample", what, 120, "--batch 25 --sample " + what);
      }
    }
    for (Precision precision : FASTEST_FIRST) {
      String in = precision.label();
      all.command(
          "verify " + in, 300, "verify --backend cuda --device gpu --json --precision " + in);
    }
    for (Precision precision : FASTEST_FIRST) {
      for (String op : ops) {
        String what = "%s --precision %s".formatted(op, precision.label());
        all.bench("ops", what, 90, "--op " + what);
      }
    }
    all.before =
        List.of("env", "CUDA_CACHE_DISABLE=1"); // or it is the driver's cache that is timed
    for (Precision precision : FASTEST_FIRST) {
      all.bench("jit", precision.label(), 120, "--jit --precision " + precision.label());
    }
    all.before = List.of();
    if (sanitizer()) {
      all.before = List.of("compute-sanitizer", "--error-exitcode", "3");
      all.bench("sanitizer", "smoke bf16", 600, "--smoke --precision bf16");
      all.before = List.of();
    }
    for (String model : models) {
      all.epoch(folder, "cuda", model, 300);
    }
    if (Backends.provider("cpu").missing() == null) { // which a bundle lacks
      models.forEach(model -> all.epoch(folder, "cpu", model, 600));
    }
    for (Precision precision : FASTEST_FIRST) {
      for (String op : ops) {
        String what = "%s --precision %s".formatted(op, precision.label());
        all.bench("vendor", what, 90, "--vendor --op " + what);
      }
    }
    return all.parts;
  }

  /// A rehearsal on the software GPU: a part of each kind, as small as it can be.
  static List<Part> onSoftwareGpu() {
    var all = new Parts();
    all.command("devices", 900, "devices");
    all.command("verify fp32", 900, "verify --device software --json --op add");
    all.software("smoke made", "--smoke --step made");
    all.software("step made", "--step made --preset tiny --shape 4x4x1 --batch 1");
    all.software("ops add", "--op add");
    all.software("vendor add", "--vendor --op add");
    return all.parts;
  }

  private void command(String name, int seconds, String words) {
    command(name, seconds, words, List.of());
  }

  private void command(String name, int seconds, String words, List<String> more) {
    List<String> all = new ArrayList<>(Arrays.asList(words.split(" ")));
    all.addAll(more);
    parts.add(new Part(name, before, Main.class, all, Duration.ofSeconds(seconds)));
  }

  private void bench(String kind, String what, int seconds, String words) {
    add(name(kind, what), seconds, "--backend cuda --json " + words);
  }

  /// Whether NVIDIA's checker is installed.
  private static boolean sanitizer() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "compute-sanitizer")));
  }

  private void software(String name, String words) {
    add(name, 900, "--device software --json " + words);
  }

  private void add(String name, int seconds, String words) {
    parts.add(
        new Part(
            name,
            before,
            dev.hindsight.bench.Main.class,
            List.of(words.split(" ")),
            Duration.ofSeconds(seconds)));
  }

  private void epoch(Path folder, String backend, String model, int seconds) {
    String run = folder.resolve("runs").resolve(backend + "-" + model).toString();
    command(
        "epoch %s %s".formatted(backend, model),
        seconds,
        "train %s --epochs 1 --backend %s --run".formatted(model, backend),
        List.of(run));
  }

  /// `step made reference bf16`.
  private static String name(String kind, String what) {
    return kind + " " + what.replaceAll("--\\w+ ", "");
  }
}
