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
import java.util.List;
import java.util.TreeMap;

/// Opens backends by name. The only class that knows them all.
public final class Backends {
  /// What [#open] takes.
  public static final List<String> NAMES = List.of("auto", "cuda", "cpu", "nd4j");

  private Backends() {}

  /// What `auto` picks on this machine.
  ///
  /// @param name a backend's name
  /// @param reason why, in one line
  public record Choice(String name, String reason) {}

  /// Opens the backend that was asked for, or fails and says what to do. Never falls back.
  ///
  /// @throws UserException when there is none of this name
  /// @throws BackendException when it cannot open here
  public static Backend open(String name) {
    return switch (name) {
      case "auto" -> open(choose().name());
      case "cuda" -> CudaBackend.open(CudaOptions.standard());
      case "cpu" -> CpuBackend.open();
      case "nd4j" -> Nd4jBackend.inFloat();
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
    try {
      SoftwareDriver.install(
          Options.standard()
              .withScheduleSeed(how.scheduleSeed())
              .withPerturb(how.perturb())
              .withCounters(how.counters()));
    } catch (IllegalStateException e) {
      throw new BackendException(String.valueOf(e.getMessage()));
    }
    return CudaBackend.open(
        CudaOptions.standard().withDriverAlreadyLoaded().shapedFor(how.multiprocessors()));
  }

  /// What the launches since the last call did, on a software GPU that was opened to count.
  public static List<KernelCounts> takeCounts() {
    SoftwareDriver driver = SoftwareDriver.installed();
    return driver == null
        ? List.of()
        : driver.gpu().takeCounters().stream().map(Backends::counts).toList();
  }

  private static KernelCounts counts(LaunchCounters c) {
    return new KernelCounts(
        c.kernel(),
        c.grid().count(),
        (int) c.block().count(),
        new TreeMap<>(c.warpInstructions()),
        c.totalThreadInstructions(),
        new Traffic(c.globalRequests(), c.globalSectors(), c.idealSectors()),
        new Traffic(c.sharedRequests(), c.sharedWavefronts(), c.idealWavefronts()),
        c.flops());
  }

  /// How many findings the software GPU has reported in this process.
  public static int softwareFindings() {
    SoftwareDriver driver = SoftwareDriver.installed();
    return driver == null ? 0 : driver.findings().size();
  }

  /// The double-precision reference.
  public static Backend reference() {
    return Nd4jBackend.inDouble();
  }

  /// A GPU where one opens, else the CPU.
  public static Choice choose() {
    CudaProbe cuda = CudaProbe.look(false);
    return cuda.usable()
        ? new Choice("cuda", "a GPU was found: " + cuda.devices().getFirst())
        : new Choice("cpu", "no GPU can be used (" + cuda.driver() + ")");
  }

  /// What this machine offers, for people.
  public static CudaProbe probeCuda() {
    return CudaProbe.look(false);
  }
}
