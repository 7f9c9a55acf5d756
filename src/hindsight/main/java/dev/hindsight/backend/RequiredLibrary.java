package dev.hindsight.backend;

import org.jspecify.annotations.Nullable;

/// A library that only one backend needs, and that may be left out.
///
/// @param file one of its files, by its name on the class path
/// @param coordinates what to ask Maven for
public record RequiredLibrary(String file, String coordinates) {
  /// Set where Hindsight runs from a bundle, whose class path nobody can add to.
  private static final String IN_BUNDLE = "hindsight.bundle";

  /// Why a backend cannot open without it, or null when it is there.
  ///
  /// @param backend its name
  public @Nullable String missingFor(String backend) {
    if (RequiredLibrary.class.getClassLoader().getResource(file) != null) {
      return null;
    }
    return Boolean.getBoolean(IN_BUNDLE)
        ? "backend %s is not in this bundle; use a GPU, or give --device software"
            .formatted(backend)
        : "backend %s needs %s on the class path, found none; add it, or use another backend"
            .formatted(backend, coordinates);
  }
}
