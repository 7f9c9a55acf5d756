package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.CpuFacts;
import dev.hindsight.backend.GpuReport;
import dev.hindsight.backend.Precision;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.NcclReport;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.jspecify.annotations.Nullable;

/// What decides the bits of a worker, and where it is.
///
/// @param place host and executor, for people
/// @param backend by name
/// @param numerics of that backend
/// @param description of that backend
/// @param cpu what the processor is, for people
/// @param java its version
/// @param software the build of Hindsight and the version of Spark
/// @param nccl what it has to exchange from GPU to GPU
record Fingerprint(
    String place,
    String backend,
    String numerics,
    String description,
    String cpu,
    String java,
    String software,
    NcclReport nccl)
    implements Serializable {
  /// Of the executor on which it is called.
  ///
  /// @param backend by name, `auto` included
  static Fingerprint here(String backend, String precision) {
    try (Backend opened = AssignedGpu.open(backend, Precision.of(precision))) {
      return of(opened);
    }
  }

  static Fingerprint of(Backend backend) {
    return new Fingerprint(
        ofThisExecutor(),
        backend.name(),
        backend.numerics(),
        backend.describe(),
        processor(),
        "Java " + Runtime.version().feature(),
        ownSoftware(),
        NcclReport.of(backend));
  }

  /// The versions that a driver and its executors must share.
  static String ownSoftware() {
    return "Hindsight %s, Spark %s"
        .formatted(Build.own(), org.apache.spark.package$.MODULE$.SPARK_VERSION());
  }

  /// Fails where the driver has other versions.
  void requireSoftware(String drivers) {
    if (!software.equals(drivers)) {
      throw new UserException(
          "%s has %s but the driver has %s; use the same on both"
              .formatted(place, software, drivers));
    }
  }

  /// Of the executor on which it is called.
  static String ofThisExecutor() {
    var manager = SparkEnv.get().blockManager().blockManagerId();
    return "executor %s on %s".formatted(manager.executorId(), manager.host());
  }

  /// What `devices` lists.
  static String devices() {
    GpuReport found = Backends.gpu().look();
    String gpus = found.gpus().isEmpty() ? "no GPU" : String.join(", ", found.gpus());
    if (found.refusal() != null) {
      gpus += " (cannot be used: %s)".formatted(found.refusal());
    }
    Integer own = AssignedGpu.number();
    return "%s: %s%s; %s; %s; Java %s"
        .formatted(
            ofThisExecutor(),
            gpus,
            own == null ? "" : ", of which a worker gets GPU " + own,
            NcclReport.of(""),
            CpuFacts.ofThisMachine(),
            Runtime.version().feature());
  }

  private static String processor() {
    CpuFacts facts = CpuFacts.ofThisMachine();
    return facts.name() + " " + String.join(" ", facts.features());
  }

  /// What the two have differently that decides bits, in words; null where nothing.
  @Nullable String difference(Fingerprint other) {
    Map<String, String[]> compared = new LinkedHashMap<>();
    compared.put("software", new String[] {software, other.software});
    compared.put("Java", new String[] {java, other.java});
    compared.put("backend", new String[] {backend, other.backend});
    compared.put("numerics", new String[] {numerics, other.numerics});
    for (var each : compared.entrySet()) {
      String[] two = each.getValue();
      if (!two[0].equals(two[1])) {
        return "%s has %s but %s has %s, which may round differently (%s)"
            .formatted(place, two[0], other.place, two[1], each.getKey());
      }
    }
    return null;
  }
}
