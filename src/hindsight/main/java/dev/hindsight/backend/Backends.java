package dev.hindsight.backend;

import dev.hindsight.backend.KernelCounts.Traffic;
import dev.hindsight.backend.cpu.CpuBackend;
import dev.hindsight.backend.cuda.CudaBackend;
import dev.hindsight.backend.cuda.CudaOptions;
import dev.hindsight.backend.cuda.CudaProbe;
import dev.hindsight.backend.nd4j.Nd4jBackend;
import dev.hindsight.error.UserException;
import dev.hindsight.softgpu.LaunchCounters;
import dev.hindsight.softgpu.Options;
import dev.hindsight.softgpu.driver.SoftwareDriver;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/// Opens backends by name. The only class that knows them all.
public final class Backends {
  /// What [#open] takes.
  public static final List<String> NAMES = List.of("auto", "cuda", "cpu", "nd4j");

  /// A class of the library that a backend needs.
  private static final Map<String, String> NEEDED =
      Map.of(
          "cpu", "org/bytedeco/openblas/global/openblas.class",
          "nd4j", "org/nd4j/linalg/factory/Nd4j.class");

  private Backends() {}

  /// What `auto` picks on this machine.
  ///
  /// @param name a backend's name
  /// @param reason why, in one line
  public record Choice(String name, String reason) {}

  /// Opens the backend that was asked for in fp32, or fails and says what to do. Never falls back.
  ///
  /// @throws UserException when there is none of this name
  /// @throws BackendException when it cannot open here
  public static Backend open(String name) {
    return open(name, Precision.FP32);
  }

  /// The same with matrix products in another precision, which only `cuda` has.
  public static Backend open(String name, Precision precision) {
    return switch (name) {
      case "auto" -> open(choose().name(), precision);
      case "cuda" -> CudaBackend.open(CudaOptions.standard().in(precision));
      case "cpu" -> {
        requireHere(name);
        requireFp32(name, precision);
        yield CpuBackend.open();
      }
      case "nd4j" -> {
        requireHere(name);
        requireFp32(name, precision);
        yield Nd4jBackend.inFloat();
      }
      default ->
          throw new UserException(
              "no backend is called '%s'; there are: %s".formatted(name, String.join(", ", NAMES)));
    };
  }

  /// The CUDA backend on the software GPU: the PTX that ships, under the real JCuda, executed and
  /// checked on the CPU. Slow but whole.
  ///
  /// @throws BackendException when the software GPU cannot start, in one line that says why
  public static Backend openSoftwareGpu() {
    return openSoftwareGpu(SoftwareGpu.STANDARD);
  }

  /// The same with another schedule, or counting.
  public static Backend openSoftwareGpu(SoftwareGpu how) {
    return openSoftwareGpu(how, Precision.FP32);
  }

  /// The same with matrix products in any precision.
  public static Backend openSoftwareGpu(SoftwareGpu how, Precision precision) {
    Options options =
        Options.standard()
            .withScheduleSeed(how.scheduleSeed())
            .withPerturb(how.perturb())
            .withCounters(how.counters())
            .withSampledBlocks(how.sampledBlocks());
    if (how.sampledBlocks() > 0) {
      options = options.withChecks(Set.of()); // what a block left out has not written is no fault
    }
    int multiprocessors = how.multiprocessors();
    try {
      SoftwareDriver.install(
          multiprocessors == 0 ? options : options.withMultiprocessors(multiprocessors));
    } catch (IllegalStateException e) {
      throw new BackendException(String.valueOf(e.getMessage()));
    }
    return CudaBackend.open(
        CudaOptions.standard()
            .withDriverAlreadyLoaded()
            .in(precision)
            .withLstmSharedBytes(how.sharedBytes()));
  }

  /// What the launches since the last call did, on a software GPU that was opened to count.
  public static List<KernelCounts> takeCounts() {
    SoftwareDriver driver = SoftwareDriver.installed();
    return driver == null
        ? List.of()
        : driver.gpu().takeCounters().stream().map(Backends::counts).toList();
  }

  private static KernelCounts counts(LaunchCounters c) {
    long waiting = c.sectorsWaiting(); // one a request, by one lane
    return new KernelCounts(
        c.kernel(),
        c.grid().count(),
        (int) c.block().count(),
        c.dynamicShared(),
        new TreeMap<>(c.warpInstructions()),
        c.totalThreadInstructions(),
        new Traffic(
            c.globalRequests() - waiting, c.globalSectors() - waiting, c.idealSectors() - waiting),
        new Traffic(c.sharedRequests(), c.sharedWavefronts(), c.idealWavefronts()),
        c.flops(),
        c.addresses());
  }

  /// How many findings the software GPU has reported in this process.
  public static int softwareFindings() {
    SoftwareDriver driver = SoftwareDriver.installed();
    return driver == null ? 0 : driver.findings().size();
  }

  /// The software GPU's `libcuda.so.1`, for a machine that cannot build it.
  public static Path softwareGpuLibrary() {
    try {
      return SoftwareDriver.library();
    } catch (IllegalStateException e) {
      throw new BackendException(String.valueOf(e.getMessage()));
    }
  }

  /// The double-precision reference.
  public static Backend reference() {
    requireHere("nd4j");
    return Nd4jBackend.inDouble();
  }

  /// A GPU where one opens, else the CPU.
  ///
  /// @throws BackendException where there is neither: a bundle has no cpu backend
  public static Choice choose() {
    CudaProbe cuda = CudaProbe.look(false);
    if (cuda.usable()) {
      return new Choice("cuda", "a GPU was found: " + cuda.devices().getFirst());
    }
    requireHere("cpu");
    return new Choice("cpu", "no GPU can be used (" + cuda.driver() + ")");
  }

  /// Fails where the libraries of a backend are left out, as a bundle leaves out the CPU's.
  private static void requireHere(String name) {
    String needed = Objects.requireNonNull(NEEDED.get(name), name);
    if (Backends.class.getClassLoader().getResource(needed) == null) {
      throw new BackendException(
          "backend %s is not in this bundle; use a GPU, or give --device software".formatted(name));
    }
  }

  private static void requireFp32(String name, Precision precision) {
    if (precision != Precision.FP32) {
      throw new UserException(
          "%s needs tensor cores, which only backend cuda has, not %s; leave --precision out"
              .formatted(precision.label(), name));
    }
  }

  /// What this machine offers, for people.
  public static CudaProbe probeCuda() {
    return CudaProbe.look(false);
  }
}
