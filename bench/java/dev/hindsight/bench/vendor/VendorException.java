package dev.hindsight.bench.vendor;

import dev.hindsight.natives.JCudaNatives;
import dev.hindsight.natives.SharedLibrary;
import java.io.IOException;
import java.util.Objects;

/// A vendor's library that is missing or fails, in one line: what was wanted, what was got, what to
/// do.
public final class VendorException extends RuntimeException {
  private static final long serialVersionUID = 1;

  VendorException(String message) {
    super(message);
  }

  /// Loads NVIDIA's library as the system's loader finds it, and JCuda's binding of it.
  ///
  /// @param packaged NVIDIA's package that brings it
  /// @param binding JCuda's class
  /// @throws VendorException where one of them does not load
  static void requireLibrary(String what, String library, String packaged, String binding) {
    SharedLibrary tried = SharedLibrary.tryLoad(library);
    if (!tried.found()) {
      throw new VendorException(
          "%s: wanted %s, got: %s; looked in LD_LIBRARY_PATH (%s) and where ldconfig says; install NVIDIA's package %s, or let LD_LIBRARY_PATH name the folder that has it"
              .formatted(
                  what,
                  library,
                  tried.detail(),
                  Objects.requireNonNullElse(System.getenv("LD_LIBRARY_PATH"), "not set"),
                  packaged));
    }
    try {
      JCudaNatives.load(binding);
    } catch (IOException e) {
      throw new VendorException(
          "%s: %s; the library may be of another version than JCuda's binding"
              .formatted(what, e.getMessage()));
    }
  }
}
