package dev.hindsight.bench.vendor;

import dev.hindsight.error.UserException;
import dev.hindsight.natives.JCudaNatives;
import dev.hindsight.natives.SharedLibrary;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Finds NVIDIA's libraries as the system's loader sees them.
final class VendorLibraries {
  private static final String MAVEN =
      "org.bytedeco:cuda:12.6-9.5-1.5.11:linux-x86_64-redist of Maven Central carries both";

  private VendorLibraries() {}

  /// The first of these that loads.
  ///
  /// @param packages of NVIDIA that bring it
  /// @throws VendorException where none is there
  /// @throws UserException where one is there and is no library
  static SharedLibrary find(String what, List<String> names, String packages) {
    List<SharedLibrary> tried = names.stream().map(SharedLibrary::tryLoad).toList();
    Optional<SharedLibrary> found = tried.stream().filter(SharedLibrary::found).findFirst();
    if (found.isPresent()) {
      return found.get();
    }
    for (SharedLibrary library : tried) {
      if (library.detail().matches(".*(invalid ELF header|file too short|wrong ELF class).*")) {
        throw new UserException(
            "%s: wanted a library called %s, got a file that is none (%s); remove it, or let LD_LIBRARY_PATH name another folder"
                .formatted(what, library.name(), library.detail()));
      }
    }
    throw new VendorException(
        "%s: wanted %s, got: %s; looked in LD_LIBRARY_PATH (%s), in the cache of ldconfig and in the system's folders; install NVIDIA's %s, or let LD_LIBRARY_PATH name the folder that has it (%s)"
            .formatted(
                what,
                String.join(" or ", names),
                tried.getFirst().detail(),
                path(),
                packages,
                MAVEN));
  }

  private static String path() {
    String path = System.getenv("LD_LIBRARY_PATH");
    return path == null || path.isEmpty() ? "not set" : path;
  }

  /// Initialises JCuda's class for a library.
  ///
  /// @throws VendorException where it does not load
  static void bind(String what, String type) {
    try {
      JCudaNatives.load(type);
    } catch (IOException e) {
      throw new VendorException(
          "%s: %s; the library may be of another version than JCuda's binding"
              .formatted(what, e.getMessage()));
    }
  }
}
