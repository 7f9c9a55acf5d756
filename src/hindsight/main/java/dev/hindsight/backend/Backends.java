package dev.hindsight.backend;

import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.UserException;
import dev.hindsight.tensor.ElementType;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Opens backends by name. Which there are is up to the [BackendProvider]s on the class path.
public final class Backends {
  /// Stands for the backend that [#choose] picks.
  public static final String AUTO = "auto";

  private Backends() {}

  /// In the order of the class path. Found once: a process has one class path.
  private static final class Found {
    static final List<BackendProvider> PROVIDERS =
        ServiceLoader.load(BackendProvider.class, BackendProvider.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .sorted(Comparator.comparing(ReferenceProvider.class::isInstance)) // the slow one last
            .toList();
  }

  /// What `auto` picks on this machine.
  ///
  /// @param name a backend's name
  /// @param reason why, in one line
  public record Choice(String name, String reason) {}

  /// What [#open] takes: `auto`, then every backend that was found.
  public static List<String> names() {
    return Stream.concat(Stream.of(AUTO), Found.PROVIDERS.stream().map(BackendProvider::name))
        .toList();
  }

  /// Opens the backend that was asked for in fp32, or fails and says what to do. Never falls back.
  ///
  /// @throws UserException when there is none of this name
  /// @throws BackendException when it cannot open here
  public static Backend open(String name) {
    return open(name, Precision.FP32);
  }

  /// The same in another precision, which not every backend has.
  public static Backend open(String name, Precision precision) {
    BackendProvider provider = provider(name.equals(AUTO) ? choose().name() : name);
    requireHere(provider);
    if (!provider.precisions().contains(precision)) {
      throw new UserException(
          "%s is not for backend %s, only for %s; leave --precision out"
              .formatted(precision.label(), provider.name(), having(precision)));
    }
    return provider.open(precision);
  }

  private static String having(Precision precision) {
    return Found.PROVIDERS.stream()
        .filter(p -> p.precisions().contains(precision))
        .map(BackendProvider::name)
        .collect(Collectors.joining(" and "));
  }

  /// The provider of this name.
  ///
  /// @throws UserException when there is none
  /// @throws BackendException when there are two
  public static BackendProvider provider(String name) {
    List<BackendProvider> found =
        Found.PROVIDERS.stream().filter(p -> p.name().equals(name)).toList();
    if (found.isEmpty()) {
      throw DidYouMean.unknown("backend", name, names());
    }
    if (found.size() > 1) {
      throw new BackendException(
          "two backends are called '%s', those of %s and %s; leave the jar of one out"
              .formatted(name, found.get(0).getClass(), found.get(1).getClass()));
    }
    return found.getFirst();
  }

  /// The backend that runs on GPUs.
  public static GpuProvider gpu() {
    return only(GpuProvider.class, "runs on GPUs");
  }

  /// The backend that runs on GPUs, on one of several.
  ///
  /// @param number of the GPU, from 0
  /// @throws BackendException when it cannot open here
  public static Backend openGpu(int number, Precision precision) {
    requireHere(gpu());
    return gpu().open(number, precision);
  }

  private static <T> T only(Class<T> kind, String what) {
    return Found.PROVIDERS.stream()
        .filter(kind::isInstance)
        .map(kind::cast)
        .findFirst()
        .orElseThrow(
            () -> new BackendException("no backend on the class path " + what + "; add its jar"));
  }

  /// The GPU's backend on the software GPU: the PTX that ships, under the real JCuda, executed and
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
    return gpu().openSoftwareGpu(how, precision);
  }

  /// What the launches since the last call did, on a software GPU that was opened to count.
  public static List<KernelCounts> takeCounts() {
    return gpu().takeCounts();
  }

  /// How many findings the software GPU has reported in this process.
  public static int softwareFindings() {
    return gpu().softwareFindings();
  }

  /// The reference in double.
  ///
  /// @throws BackendException when its library is left out
  public static Backend reference() {
    return referenceProvider().openInDouble();
  }

  /// The reference in float, for what has to be trained to be compared.
  ///
  /// @param storage what the backend that it is compared with stores activations in
  /// @throws BackendException when its library is left out
  public static Backend referenceInFloat(ElementType storage) {
    return referenceProvider().openInFloat(storage);
  }

  private static ReferenceProvider referenceProvider() {
    ReferenceProvider reference = only(ReferenceProvider.class, "is the reference");
    requireHere(reference);
    return reference;
  }

  /// A GPU where one opens, else the CPU.
  ///
  /// @throws BackendException where there is neither: a bundle has no cpu backend
  public static Choice choose() {
    return choose(gpu().look());
  }

  static Choice choose(GpuReport found) {
    if (found.usable()) {
      return new Choice(gpu().name(), "a GPU was found: " + found.gpus().getFirst());
    }
    BackendProvider other =
        Found.PROVIDERS.stream()
            .filter(BackendProvider::standsInForGpu)
            .findFirst()
            .orElseThrow(() -> new BackendException(found.why()));
    requireHere(other);
    return new Choice(other.name(), "no usable GPU (run 'devices' for the reason)");
  }

  private static void requireHere(BackendProvider provider) {
    String missing = provider.missing();
    if (missing != null) {
      throw new BackendException(missing);
    }
  }
}
