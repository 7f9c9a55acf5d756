package dev.hindsight.bundle;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Reference;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.Resources;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.FolderLock;
import dev.hindsight.verify.Goldens;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Writes a bundle:
///
/// ```
/// hindsight        the launcher
/// runtime/         a Java of its own, linked from the JDK that runs this
/// lib/             this program and the jars that it needs without ND4J
/// goldens          what every op of the catalogue gives, computed by ND4J in double
/// shim/            the software GPU's libcuda.so.1, libcudart.so and sources, for machines without a C compiler
/// ```
public final class Bundle {
  public static final long MOST_BYTES = 60_000_000;

  /// Of the module that reads and writes images: what text, windows and sound need.
  private static final String UNUSED =
      Stream.of("fontmanager", "freetype", "awt_xawt", "splashscreen", "jsound")
          .map("glob:/java.desktop/lib/lib%s.so"::formatted)
          .collect(Collectors.joining(","));

  /// Modules that the program and its jars use. Jackson asks for XML types where it reads JSON.
  private static final String MODULES =
      "java.base,java.desktop,java.logging,java.management,java.net.http,java.xml,jdk.incubator.vector,"
          + "jdk.crypto.ec,jdk.httpserver,jdk.management,jdk.unsupported";

  /// Software GPU, library, checks, weights, command line, bench.
  private static final int MODULE_COUNT = 6;

  /// All that a bundle has at its top.
  private static final Set<String> PARTS = Set.of("hindsight", "runtime", "lib", "goldens", "shim");

  private final Path target;

  /// Holds a lock, and the new bundle until it is complete.
  private final Path work;

  private final Path folder;
  private final Consumer<String> progress;

  /// @param progress takes a line before each part
  public Bundle(Path folder, Consumer<String> progress) {
    this.target = folder.toAbsolutePath().normalize();
    this.work = target.resolveSibling("." + target.getFileName() + ".new");
    this.folder = work.resolve(target.getFileName());
    this.progress = progress;
  }

  /// The archive beside the folder.
  public Path archive() {
    return target.resolveSibling(target.getFileName() + ".tar.gz");
  }

  /// Writes folder and archive and replaces an older bundle, which stays until the new one is
  /// complete.
  ///
  /// @throws UserException when anything else would go with the older one, or another process
  ///   writes the same bundle
  public void write() {
    try {
      requireFree();
      List<Path> classPath =
          Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
              .map(Path::of)
              .toList();
      List<Path> jars = BundleJars.choose(classPath);
      List<Path> modules = modules(classPath);
      ToolProvider jlink = jlink();
      try (FolderLock _ = lock()) {
        try {
          make(jlink, modules, jars);
        } finally {
          IoErrors.orFail("cannot delete " + work, () -> delete(work)); // while it is ours
        }
      }
    } catch (IOException e) {
      throw IoErrors.failed("cannot write " + target, e);
    }
  }

  /// Locks the folder of the new bundle for this process.
  private FolderLock lock() throws IOException {
    if (Files.isSymbolicLink(work)) {
      throw new UserException(work + ": is a link; move it away");
    }
    Files.createDirectories(work);
    FolderLock lock = FolderLock.tryTake(work);
    if (lock == null) {
      throw new UserException(
          "%s: another process is writing this bundle; wait for it, or give another folder with --out"
              .formatted(target));
    }
    return lock;
  }

  private void make(ToolProvider jlink, List<Path> modules, List<Path> jars) throws IOException {
    delete(folder); // of a process that was killed
    Files.createDirectories(folder.resolve("lib"));
    progress.accept("linking a Java runtime");
    link(jlink);
    progress.accept("packing %d jars".formatted(jars.size() + modules.size()));
    for (Path classes : modules) {
      BundleJars.pack(classes, folder.resolve("lib/%s.jar".formatted(module(classes))));
    }
    for (Path jar : jars) {
      BundleJars.copy(jar, folder.resolve("lib/" + jar.getFileName()));
    }
    progress.accept("building the software GPU's driver");
    shim();
    progress.accept("computing goldens with ND4J in double");
    goldens();
    launcher();
    requireFree(); // someone may have trained in the older one in the meantime
    progress.accept("packing " + archive());
    String name = target.getFileName().toString();
    AtomicFile.write(
        archive(), channel -> TarGz.write(folder, name, Channels.newOutputStream(channel)));
    delete(target);
    Files.move(folder, target);
  }

  private void requireFree() throws IOException {
    if (Files.exists(target) && !Files.isDirectory(target)) {
      throw new UserException(target + ": is a file; give a folder with --out");
    }
    if (Files.exists(target)) {
      requireNothingElse();
    }
    if (Files.isDirectory(archive())) {
      throw new UserException(
          "%s: is a folder, but the archive needs this name; give another with --out"
              .formatted(archive()));
    }
  }

  /// Runs and reports of users must not be deleted with the old bundle.
  private void requireNothingElse() throws IOException {
    List<String> names;
    try (Stream<Path> inside = Files.list(target)) {
      names = inside.map(path -> path.getFileName().toString()).sorted().toList();
    }
    if (!names.isEmpty() && !Files.exists(target.resolve("runtime/release"))) {
      throw new UserException(
          "%s: is not empty and not a bundle; give another folder with --out".formatted(target));
    }
    List<String> others = names.stream().filter(name -> !PARTS.contains(name)).toList();
    if (!others.isEmpty()) {
      throw new UserException(
          "%s: replacing it would delete files that are not part of a bundle: %s; move them, or give another folder with --out"
              .formatted(target, String.join(", ", others)));
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  private static List<Path> modules(List<Path> classPath) {
    List<Path> modules =
        classPath.stream()
            .filter(entry -> Files.isDirectory(entry.resolve("dev/hindsight")))
            .toList();
    if (modules.size() != MODULE_COUNT) {
      throw new UserException(
          "bundle: wanted %d folders of classes on the class path, found %d; start it with"
                  .formatted(MODULE_COUNT, modules.size())
              + " ./hindsight bundle in a checkout");
    }
    return modules;
  }

  /// `cli` for `src/cli/target/classes`.
  private static String module(Path classes) {
    return String.valueOf(
        classes.toAbsolutePath().getName(classes.toAbsolutePath().getNameCount() - 3));
  }

  private static ToolProvider jlink() {
    return ToolProvider.findFirst("jlink")
        .orElseThrow(
            () ->
                new UserException(
                    "bundle: wanted a JDK with jlink, found none in %s; let JAVA_HOME name a JDK 25"
                        .formatted(System.getProperty("java.home"))));
  }

  private void link(ToolProvider jlink) {
    var output = new StringWriter();
    var writer = new PrintWriter(output);
    int code =
        jlink.run(
            writer,
            writer,
            "--add-modules=" + MODULES,
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            "--vm=server",
            "--compress=zip-0", // the archive compresses all of it better
            "--exclude-files=" + UNUSED,
            "--output=" + folder.resolve("runtime"));
    if (code != 0) {
      throw new UserException(
          "bundle: jlink failed: %s; use a JDK 25 with jmods or one that links without"
              .formatted(output.toString().lines().findFirst().orElse("no reason given")));
    }
  }

  private void shim() throws IOException {
    Backends.gpu().copySoftwareGpu(Files.createDirectories(folder.resolve("shim")));
  }

  private void goldens() {
    try (Backend reference = Backends.reference()) {
      Goldens.write(folder.resolve("goldens"), goldenCases(), Reference.computedBy(reference));
    }
  }

  /// Every op at its awkward shapes, and the seed's sizes where they are few: values hardly
  /// compress, and those of all sizes would be larger than the rest of the archive. Pointwise ops
  /// do nothing to 65,536 numbers that they do not do to fewer.
  static List<OpCase> goldenCases() {
    return Stream.concat(
            OpCases.all().stream(),
            OpCases.seedSizes().stream()
                .filter(c -> c.operands().stream().allMatch(o -> o.shape().size() < 1 << 16)))
        .toList();
  }

  private void launcher() throws IOException {
    Path script = folder.resolve("hindsight");
    Files.write(script, Resources.bytes(Bundle.class, "launcher.sh"));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
