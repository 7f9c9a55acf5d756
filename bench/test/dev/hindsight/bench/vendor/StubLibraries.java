package dev.hindsight.bench.vendor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Builds libraries of NVIDIA's names that only note their calls.
public final class StubLibraries {
  private static final Path SOURCE = Path.of("bench/test/vendor_stub.c");

  private StubLibraries() {}

  /// Builds `libcublas.so.12` or the like. Its symbols have its name as their version, as NVIDIA's
  /// have and JCuda's natives ask for.
  public static void build(Path folder, String name) throws IOException, InterruptedException {
    Path versions = folder.resolve(name + ".versions");
    Files.writeString(versions, "%s { global: *; };%n".formatted(name));
    List<String> command =
        List.of(
            "cc",
            "-shared",
            "-fPIC",
            name.startsWith("libcublas") ? "-DCUBLAS" : "-DCUDNN",
            "-Wl,-soname," + name,
            "-Wl,--version-script=" + versions,
            "-o",
            folder.resolve(name).toString(),
            SOURCE.toString());
    Process cc = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(cc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (cc.waitFor() != 0) {
      throw new AssertionError("cc: " + said);
    }
  }
}
