package dev.hindsight.bench.gpuday;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.CpuFacts;
import dev.hindsight.backend.GpuReport;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.bench.device.DeviceBench;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.bench.device.DeviceRow;
import dev.hindsight.bench.device.DeviceTime;
import dev.hindsight.bench.vendor.VendorBench;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Reference;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.tensor.Scope;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.verify.Goldens;
import dev.hindsight.verify.Row;
import dev.hindsight.verify.Verification;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The parts of a day, the most telling first.
final class Parts {
  private static final String CPU = "cpu";

  private final Scale scale;
  private final Dataset training;
  private final Dataset test;

  Parts(Scale scale) {
    this.scale = scale;
    training = some(Datasets.open(Datasets.EMBEDDED, Split.TRAIN), scale.trainingImages());
    test = some(Datasets.open(Datasets.EMBEDDED, Split.TEST), scale.testImages());
  }

  private static Dataset some(Dataset all, int most) {
    return most < all.count() ? all.first(most) : all;
  }

  /// Opens what the day is about.
  static Backend open(Scale scale, Precision precision) {
    return scale.software()
        ? Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision)
        : Backends.open(Backends.gpu().name(), precision);
  }

  List<Part> all() {
    List<Part> parts = new ArrayList<>();
    parts.add(new Part("devices", 2, Parts::devices));
    for (Precision precision : Precision.values()) {
      parts.add(new Part("verify " + precision.label(), 25, () -> verify(precision)));
    }
    for (Precision precision : Precision.values()) {
      parts.add(new Part("ops " + precision.label(), 40, () -> ops(precision)));
    }
    for (String preset : List.of("reference", "base")) {
      for (Precision precision : Precision.values()) {
        for (String model : BuiltInModel.labels()) {
          String name = "step %s %s %s".formatted(model, preset, precision.label());
          parts.add(new Part(name, 4, () -> step(model, preset, precision)));
        }
      }
    }
    for (String preset : scale.presets()) {
      for (String model : BuiltInModel.labels()) {
        String name = "sample %s %s".formatted(model, preset);
        parts.add(new Part(name, 6, () -> sample(model, preset)));
      }
    }
    for (String model : BuiltInModel.labels()) {
      parts.add(new Part("epoch " + model, 8, () -> epoch(model)));
    }
    if (Backends.provider(CPU).missing() != null) { // as in a bundle
      return parts;
    }
    for (BuiltInModel each : BuiltInModel.values()) {
      String model = each.label();
      parts.add(new Part("cpu epoch " + model, cpuSeconds(each), () -> epochOnCpu(model)));
    }
    return parts;
  }

  /// Seconds of an epoch on two cores, README.md's table divided by its epochs, rounded up.
  private static int cpuSeconds(BuiltInModel model) {
    return switch (model) {
      case MADE -> 2;
      case WAVENET -> 12;
      case PIXELCNN -> 20;
      case GATED_PIXELCNN -> 26;
      case TRANSFORMER -> 55;
      case LSTM -> 16;
      case PIXEL_RNN -> 10;
    };
  }

  /// The command has told it already, once.
  private static void ignore(String notice) {}

  private static Map<String, Object> devices() {
    GpuReport found = Backends.gpu().look();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("gpus", found.gpus());
    result.put("driver", found.driver());
    result.put("libraries", found.libraries());
    result.put("cpu", CpuFacts.ofThisMachine().toString());
    result.put("java", System.getProperty("java.vm.version"));
    return result;
  }

  private Map<String, Object> verify(Precision precision) {
    List<Map<String, Object>> failures = new ArrayList<>();
    try (Backend backend = open(scale, precision)) {
      var verification =
          new Verification(
              backend,
              row -> {
                if (!row.passed()) {
                  failures.add(told(row));
                }
              });
      String goldens = System.getProperty("hindsight.goldens");
      if (goldens != null) {
        Goldens values = Goldens.read(Path.of(goldens));
        verification.ops(
            values,
            scale.verified().stream()
                .map(c -> c.in(backend.storage()))
                .filter(values::has)
                .toList());
      } else {
        try (Backend reference = Backends.reference()) {
          verification.ops(Reference.computedBy(reference), scale.verified());
        }
      }
      if (!scale.software()) { // minutes there; ./hindsight verify --device software has them
        verification.causality(null);
        verification.sampling(null);
      }
      Map<String, Object> result = new LinkedHashMap<>();
      result.put(Part.HOLDS, verification.holds());
      result.put("summary", verification.summary());
      result.put("failures", failures);
      return result;
    }
  }

  private static Map<String, Object> told(Row row) {
    return new LinkedHashMap<>(Map.of("check", row.text().strip()));
  }

  private Map<String, Object> ops(Precision precision) {
    List<Map<String, Object>> rows = new ArrayList<>();
    List<Map<String, Object>> vendorRows = new ArrayList<>();
    try (Backend backend = open(scale, precision);
        DeviceClock clock = new DeviceClock(backend, scale.effort());
        VendorBench vendors = new VendorBench(backend, clock, Parts::ignore)) {
      var collected =
          new DeviceBench.Rows() {
            @Override
            public void op(DeviceRow row) {
              rows.add(row.json());
            }

            @Override
            public void compare(
                OpCase opCase, String phase, CaseTensors tensors, Scope scope, DeviceTime ours) {
              vendors
                  .row(opCase, phase, tensors, scope, ours)
                  .ifPresent(row -> vendorRows.add(row.json()));
            }
          };
      new DeviceBench(backend, scale.software(), null, scale.effort())
          .run(clock, scale.ops(), collected, Parts::ignore);
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("device", backend.describe());
      result.put("libraries", vendors.found());
      result.put("rows", rows);
      result.put("vendor", vendorRows);
      return result;
    }
  }

  private Map<String, Object> step(String model, String preset, Precision precision) {
    try (Backend backend = open(scale, precision)) {
      return new ModelTimes(scale, backend, training).step(model, preset);
    }
  }

  private Map<String, Object> sample(String model, String preset) {
    try (Backend backend = open(scale, Precision.FP32)) {
      return new ModelTimes(scale, backend, training).sample(model, preset);
    }
  }

  private Map<String, Object> epoch(String model) {
    try (Backend backend = open(scale, Precision.FP32)) {
      return new ModelTimes(scale, backend, training).epoch(model, test);
    }
  }

  private Map<String, Object> epochOnCpu(String model) {
    try (Backend backend = Backends.open(CPU)) {
      return new ModelTimes(scale, backend, training).epoch(model, test);
    }
  }
}
