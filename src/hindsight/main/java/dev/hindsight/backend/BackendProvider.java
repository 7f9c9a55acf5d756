package dev.hindsight.backend;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One kind of backend. [Backends] finds it with [java.util.ServiceLoader], so a jar on the class
/// path brings its own by naming it in `META-INF/services/dev.hindsight.backend.BackendProvider`.
///
/// A provider loads without the libraries of its backend; only [#open] needs them.
public interface BackendProvider {
  /// What it is asked for by: `cpu`. No two providers have the same.
  String name();

  /// What this class path or machine lacks for it, in one line that also says what to do, or null
  /// when nothing is missing.
  @Nullable String missing();

  /// What matrix products can be computed in.
  default Set<Precision> precisions() {
    return Set.of(Precision.FP32);
  }

  /// What computes its matrix products on this machine, library and instructions, or why none does:
  /// `oneDNN 3.13.0 (avx512_core)`. Empty where nothing is known. Called only when nothing is
  /// [#missing].
  default String products() {
    return "";
  }

  /// Whether `auto` takes it where no GPU can be used.
  default boolean standsInForGpu() {
    return false;
  }

  /// Opens it. Called only when nothing is [#missing].
  ///
  /// @param precision one of [#precisions]
  /// @throws BackendException when it cannot open all the same
  Backend open(Precision precision);
}
