package dev.hindsight.softgpu.driver;

import dev.hindsight.natives.PrivateFolder;
import dev.hindsight.natives.SharedLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Builds `libcuda.so.1` and, for programs that are not Java's, `libcudart.so` from the C sources
/// in the jar, once per source and machine.
final class ShimBuild {
  static final String LIBRARY = "libcuda.so.1";

  /// CUDA's runtime libraries by the names under which programs load them.
  static final List<String> RUNTIMES = List.of("libcudart.so.12", "libcudart.so.13");

  private static final String NVRTC = "libnvrtc.so.12";

  /// Serves programs that have NVIDIA's runtime library in themselves.
  static final String PRELOAD = "libhindsight-preload.so";

  private static final List<String> SOURCES =
      List.of(
          "forward.h",
          "libcuda.c",
          "functions.inc",
          "libcudart.c",
          "runtime.inc",
          "preload.c",
          "libnvrtc.c");
  private static final List<String> COMPILERS = List.of("cc", "gcc", "clang");
  private static final List<String> FLAGS =
      List.of(
          "-std=c99",
          "-D_GNU_SOURCE",
          "-O1",
          "-shared",
          "-fPIC",
          "-fvisibility=hidden",
          "-Wl,-z,noexecstack");

  private ShimBuild() {}

  /// Names a library that was built elsewhere, for a machine without a C compiler.
  static final String PREBUILT = "hindsight.softgpu.library";

  /// The library's file, built first where the cache lacks it.
  static Path library() {
    String prebuilt = System.getProperty(PREBUILT);
    if (prebuilt != null) {
      return Path.of(prebuilt).toAbsolutePath();
    }
    try {
      Path folder = PrivateFolder.inCache("libcuda-" + hash());
      Path library = folder.resolve(LIBRARY);
      if (!Files.isRegularFile(library)) { // the last that is made
        build(folder);
      }
      return library;
    } catch (IOException e) {
      throw new IllegalStateException("software GPU: no " + LIBRARY + ": " + e.getMessage(), e);
    }
  }

  /// NVRTC by nvcc, for where NVIDIA's does not load; null where that does. It lies in a folder of
  /// its own, for a program to look there last.
  static @Nullable Path nvrtc() {
    Path file = library().resolveSibling("nvrtc").resolve(NVRTC);
    return SharedLibrary.tryLoad(NVRTC).found() || !Files.isRegularFile(file) ? null : file;
  }

  private static void build(Path folder) throws IOException {
    String compiler = compiler();
    Path work = PrivateFolder.fresh(folder, "build");
    try {
      for (String name : SOURCES) {
        Files.write(work.resolve(name), source(name));
      }
      link(compiler, work, NVRTC, "libnvrtc.c", "-Wl,--default-symver");
      Path apart = PrivateFolder.child(folder, "nvrtc");
      Files.move(work.resolve(NVRTC), apart.resolve(NVRTC), StandardCopyOption.ATOMIC_MOVE);
      link(compiler, work, PRELOAD, "preload.c", "-ldl");
      Files.move(work.resolve(PRELOAD), folder.resolve(PRELOAD), StandardCopyOption.ATOMIC_MOVE);
      link(compiler, work, LIBRARY, "libcuda.c", "-ldl", "-lpthread");
      for (String runtime : RUNTIMES) {
        link(
            compiler,
            work,
            runtime,
            "libcudart.c",
            work.resolve(LIBRARY).toString(),
            "-Wl,--default-symver",
            "-Wl,-rpath,$ORIGIN");
        Files.move(work.resolve(runtime), folder.resolve(runtime), StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(work.resolve(LIBRARY), folder.resolve(LIBRARY), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      PrivateFolder.delete(work);
    }
  }

  private static void link(
      String compiler, Path work, String library, String source, String... more)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(compiler));
    command.addAll(FLAGS);
    command.add("-Wl,-soname," + library);
    command.addAll(List.of("-o", work.resolve(library).toString()));
    command.add(work.resolve(source).toString());
    command.addAll(List.of(more));
    run(command, work);
  }

  private static void run(List<String> command, Path work) throws IOException {
    Path log = work.resolve("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command.getFirst() + " took more than 60 s");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + command.getFirst() + " ran", e);
    }
    if (process.exitValue() != 0) {
      String said = Files.readString(log, StandardCharsets.UTF_8).strip();
      throw new IOException(String.join(" ", command) + " failed: " + said);
    }
  }

  private static String compiler() {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String name : COMPILERS) {
      for (String folder : path.split(":", -1)) {
        if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, name))) {
          return Path.of(folder, name).toString();
        }
      }
    }
    throw new IllegalStateException(
        "software GPU: wanted a C compiler (cc, gcc or clang on PATH) to build libcuda.so.1 once,"
            + " found none; install one (Debian: apt-get install gcc libc6-dev)");
  }

  private static String hash() throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String name : SOURCES) {
        digest.update(source(name));
      }
      digest.update((FLAGS + System.getProperty("os.arch")).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /// Copies the libraries, built first where there are none yet, and their sources into a folder.
  static void copyTo(Path target) throws IOException {
    Path built = library().resolveSibling("");
    try (DirectoryStream<Path> libraries = Files.newDirectoryStream(built, "lib*.so*")) {
      for (Path library : libraries) {
        Files.copy(library, target.resolve(library.getFileName()));
      }
    }
    for (String name : SOURCES) {
      Files.write(target.resolve(name), source(name));
    }
  }

  private static byte[] source(String name) throws IOException {
    try (InputStream in = ShimBuild.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("resource " + name + " of the software GPU's driver is missing");
      }
      return in.readAllBytes();
    }
  }
}
