package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.error.UserException;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Option;

/// `--backend`, `--device` and `--precision`.
final class BackendOption {
  private static final String AUTO = "auto";
  private static final String CUDA = "cuda";

  /// Where backend `cuda` runs.
  enum Device {
    AUTO,
    GPU,
    SOFTWARE
  }

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description =
          "auto, cuda, cpu or nd4j (the reference); auto takes a GPU where there is one, else cpu."
              + " Default: auto.")
  private String name = AUTO;

  @Option(
      names = "--device",
      paramLabel = "WHERE",
      description =
          "Where cuda runs: auto, gpu, or software, which executes the same kernels on the CPU and"
              + " checks every access; slow but whole. Default: auto.")
  private Device device = Device.AUTO;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description =
          "How matrix products round their factors: fp32, or tf32 or bf16 on the tensor cores of a"
              + " GPU. Default: fp32.")
  private String precision = Precision.FP32.label();

  Precision precision() {
    return Precision.of(precision);
  }

  /// The name of the backend that [#open] opens.
  String backendName() {
    if (device != Device.AUTO) {
      return CUDA;
    }
    return name.equals(AUTO) ? Backends.choose().name() : name;
  }

  /// Opens the backend; what `auto` chose and why is one line on `out`.
  Backend open(PrintWriter out) {
    if (device == Device.AUTO && name.equals(AUTO)) {
      Backends.Choice choice = Backends.choose();
      say(out, "backend %s: %s".formatted(choice.name(), choice.reason()));
      return Backends.open(choice.name(), precision());
    }
    if (device == Device.AUTO) {
      return Backends.open(name, precision());
    }
    requireCuda("--device " + device.name().toLowerCase(Locale.ROOT));
    return device == Device.SOFTWARE
        ? Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision())
        : Backends.open(CUDA, precision());
  }

  /// Opens what a check runs on: for `auto` the CUDA kernels, on a GPU where there is one, else on
  /// the software GPU, which is one line on `out`.
  ///
  /// @param how the software GPU runs; other than standard, it must be what is opened
  Backend openToCheck(PrintWriter out, SoftwareGpu how) {
    boolean asked = !how.equals(SoftwareGpu.STANDARD);
    if (asked && device != Device.SOFTWARE) {
      throw new UserException(
          "--schedule-seed and --perturb need the software GPU; add --device software");
    }
    if (device == Device.SOFTWARE) {
      requireCuda("--device software");
      return Backends.openSoftwareGpu(how, precision());
    }
    if (device == Device.AUTO && (name.equals(AUTO) || name.equals(CUDA))) {
      var cuda = Backends.probeCuda();
      if (!cuda.usable()) {
        say(out, "device software: no GPU can be used (%s)".formatted(cuda.driver()));
        return Backends.openSoftwareGpu(how, precision());
      }
      return Backends.open(CUDA, precision());
    }
    return open(out);
  }

  /// Opens the software GPU, for what only it can do.
  Backend openToCount(String option, SoftwareGpu how) {
    requireCuda(option);
    if (device == Device.GPU) {
      throw new UserException(option + " needs the software GPU; leave --device gpu out");
    }
    return Backends.openSoftwareGpu(how, precision());
  }

  /// Fails where another backend than cuda was asked for.
  private void requireCuda(String option) {
    if (!name.equals(AUTO) && !name.equals(CUDA)) {
      throw new UserException(
          "%s is for backend cuda, not for %s; leave one of the two out".formatted(option, name));
    }
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }
}
