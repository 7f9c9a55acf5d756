package dev.hindsight.bundle;

import dev.hindsight.error.UserException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/// Which parts of the class path go into a bundle: this program and what it runs on without ND4J
/// and oneDNN, whose natives alone are larger than everything else.
public final class BundleJars {
  /// A jar's name before its version.
  private static final Pattern NAME = Pattern.compile("(.+?)-\\d.*\\.jar");

  private static final Set<String> WANTED =
      Set.of(
          "jcuda",
          "jcuda-natives",
          "jcublas",
          "jcublas-natives",
          "jcudnn",
          "jcudnn-natives",
          "picocli",
          "jackson-annotations",
          "jackson-core",
          "jackson-databind",
          "jmh-core",
          "jopt-simple",
          "commons-math3");

  /// 24 MB of natives for offline compilation, which nothing here calls.
  private static final String UNUSED = "PTXCompiler";

  private BundleJars() {}

  /// The jars of a class path that a bundle needs.
  ///
  /// @throws UserException when one is missing
  static List<Path> choose(List<Path> classPath) {
    Map<String, Path> found = new LinkedHashMap<>();
    for (Path entry : classPath) {
      Matcher name = NAME.matcher(String.valueOf(entry.getFileName()));
      if (name.matches() && WANTED.contains(name.group(1))) {
        found.putIfAbsent(name.group(1), entry);
      }
    }
    List<String> missing = WANTED.stream().filter(n -> !found.containsKey(n)).sorted().toList();
    if (!missing.isEmpty()) {
      throw new UserException(
          "bundle: wanted %s on the class path, found none; start it with ./hindsight bundle"
              .formatted(String.join(", ", missing)));
    }
    return found.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(Map.Entry::getValue)
        .toList();
  }

  /// Copies a jar without what nothing calls.
  static void copy(Path jar, Path target) throws IOException {
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar));
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(target))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        if (!entry.getName().contains(UNUSED)) {
          put(out, entry.getName());
          in.transferTo(out);
        }
      }
    }
  }

  /// Packs a folder of classes and resources, in the order of their names.
  public static void pack(Path classes, Path target) throws IOException {
    try (Stream<Path> all = Files.walk(classes);
        OutputStream file = Files.newOutputStream(target);
        ZipOutputStream out = new ZipOutputStream(file)) {
      for (Path each : all.filter(Files::isRegularFile).sorted().toList()) {
        put(out, classes.relativize(each).toString().replace('\\', '/'));
        Files.copy(each, out);
      }
    }
  }

  /// Entries have no time of their own, so that the same contents give the same bytes.
  private static void put(ZipOutputStream out, String name) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0);
    out.putNextEntry(entry);
  }
}
