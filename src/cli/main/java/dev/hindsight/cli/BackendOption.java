package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.GpuReport;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.ReferenceProvider;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.error.UserException;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.Locale;
import picocli.CommandLine.Option;

/// `--backend`, `--device` and `--precision`.
final class BackendOption {
  /// Where the backend for GPUs runs.
  enum Device {
    AUTO,
    GPU,
    SOFTWARE
  }

  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Backends.names().stream().map(Names::label).iterator();
    }

    private static String label(String name) {
      boolean reference =
          !name.equals(Backends.AUTO) && Backends.provider(name) instanceof ReferenceProvider;
      return reference ? name + " (the reference)" : name;
    }
  }

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      completionCandidates = Names.class,
      description =
          "${COMPLETION-CANDIDATES}. auto picks a GPU if there is one, else the CPU. "
              + "Default: auto.")
  private String name = Backends.AUTO;

  @Option(
      names = "--device",
      paramLabel = "WHERE",
      description =
          "Where CUDA kernels run: gpu, software (the same kernels on the CPU, with "
              + "every access checked; slow) or auto. Default: auto.")
  private Device device = Device.AUTO;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description =
          "fp32, tf32 (rounds the factors of matrix products; needs tensor cores) or "
              + "bf16 (also stores activations in bf16; needs tensor cores, or a CPU with "
              + "AMX or AVX512-BF16). Default: fp32.")
  private String precision = Precision.FP32.label();

  Precision precision() {
    return Precision.of(precision);
  }

  /// Fails where a name is none, without opening anything.
  void requireKnown() {
    precision();
    if (!name.equals(Backends.AUTO)) {
      Backends.provider(name);
    }
  }

  /// The name of the backend that [#open] opens.
  String backendName() {
    if (device != Device.AUTO) {
      return Backends.gpu().name();
    }
    return name.equals(Backends.AUTO) ? Backends.choose().name() : name;
  }

  /// The name that each worker of a cluster opens, `auto` included.
  String nameForCluster() {
    if (device == Device.SOFTWARE) {
      throw new UserException(
          "--device software runs on this machine only; leave out --cluster or --device");
    }
    return device == Device.GPU ? Backends.gpu().name() : name;
  }

  /// Opens the backend; what `auto` chose and why is one line on `out`.
  Backend open(PrintWriter out) {
    if (device == Device.AUTO && name.equals(Backends.AUTO)) {
      Backends.Choice choice = Backends.choose();
      out.println("backend %s: %s".formatted(choice.name(), choice.reason()));
      return Backends.open(choice.name(), precision());
    }
    if (device == Device.AUTO) {
      return Backends.open(name, precision());
    }
    requireGpuBackend("--device " + device.name().toLowerCase(Locale.ROOT));
    return device == Device.SOFTWARE
        ? Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision())
        : Backends.open(Backends.gpu().name(), precision());
  }

  /// Opens what a check runs on: for `auto` the kernels for GPUs, on one where there is one, else
  /// on the software GPU, which is one line on `out`.
  ///
  /// @param how the software GPU runs; other than standard, it must be what is opened
  Backend openToCheck(PrintWriter out, SoftwareGpu how) {
    boolean asked = !how.equals(SoftwareGpu.STANDARD);
    if (asked && device != Device.SOFTWARE) {
      throw new UserException(
          "--schedule-seed and --perturb need the software GPU; add --device software");
    }
    if (device == Device.SOFTWARE) {
      requireGpuBackend("--device software");
      return Backends.openSoftwareGpu(how, precision());
    }
    if (device == Device.AUTO
        && (name.equals(Backends.AUTO) || name.equals(Backends.gpu().name()))) {
      GpuReport found = Backends.gpu().look();
      if (!found.usable()) {
        out.println("device software: no usable GPU (run 'devices' for the reason)");
        return Backends.openSoftwareGpu(how, precision());
      }
      return Backends.open(Backends.gpu().name(), precision());
    }
    return open(out);
  }

  /// Opens the software GPU, for what only it can do.
  Backend openToCount(String option, SoftwareGpu how) {
    requireGpuBackend(option);
    if (device == Device.GPU) {
      throw new UserException(option + " needs the software GPU; leave out --device gpu");
    }
    return Backends.openSoftwareGpu(how, precision());
  }

  /// Fails where another backend than that for GPUs was asked for.
  private void requireGpuBackend(String option) {
    if (!name.equals(Backends.AUTO) && !name.equals(Backends.gpu().name())) {
      throw new UserException(
          "%s is for backend %s, not for %s; leave out one of the two"
              .formatted(option, Backends.gpu().name(), name));
    }
  }
}
