package dev.hindsight.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Libraries planted where JavaCPP would take them: of the right name, length and date. They are
/// whole, so a process that takes them works, and can be seen to have taken them.
@Tag("slow")
class PlantedLibraryTest {
  private static final String FLAGS =
      "-XX:+UseG1GC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED"
          + " --sun-misc-unsafe-memory-access=allow --add-modules jdk.incubator.vector";
  private static final List<String> RESOURCES =
      List.of(
          "org/bytedeco/dnnl/linux-x86_64/libgomp.so.1",
          "org/bytedeco/dnnl/linux-x86_64/libdnnl.so.3",
          "org/bytedeco/openblas/linux-x86_64/libopenblas.so.0",
          "org/bytedeco/javacpp/linux-x86_64/libjnijavacpp.so",
          "org/nd4j/linalg/cpu/nativecpu/bindings/linux-x86_64/libgomp.so.1");

  @TempDir private static Path jars; // what lies in them, unpacked once

  @TempDir private Path temp;
  private Path shared;
  private Path told;

  @BeforeEach
  void plant() throws IOException {
    shared = Files.createDirectory(temp.resolve("shared"));
    told = Files.createDirectory(temp.resolve("told"));
    for (String resource : RESOURCES) {
      plant(told, resource);
      String user = System.getProperty("user.name");
      plant(shared.resolve(".javacpp-%s/cache".formatted(user)), resource);
    }
  }

  private static void plant(Path cache, String resource) throws IOException {
    URL packed = ClassLoader.getSystemResource(resource);
    var jar = (JarURLConnection) packed.openConnection();
    Path inJar = Path.of(jar.getJarFile().getName()).getFileName().resolve(resource);
    Path unpacked = jars.resolve(inJar);
    if (Files.notExists(unpacked)) {
      Files.createDirectories(unpacked.getParent());
      try (InputStream in = packed.openStream()) {
        Files.copy(in, unpacked);
      }
      Files.setLastModifiedTime(unpacked, FileTime.fromMillis(jar.getJarEntry().getTime()));
    }
    Files.createDirectories(cache.resolve(inJar).getParent());
    Files.createLink(cache.resolve(inJar), unpacked);
  }

  private List<String> loaded(String backend, List<String> properties, Path cache)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(FLAGS.split(" ")));
    command.add("-Djava.io.tmpdir=" + shared);
    command.addAll(properties);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            LoadedLibraries.class.getName(),
            backend));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("XDG_CACHE_HOME", cache.toString());
    Path out = temp.resolve("out");
    Path err = temp.resolve("err");
    int code = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    assertThat(code).as(Files.readString(err)).isZero();
    return List.copyOf(new TreeSet<>(Files.readAllLines(out)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "nd4j"})
  void nothingIsLoadedFromWhereJavaCppWasTold(String backend) throws Exception {
    Path cache = temp.resolve("cache");
    List<String> libraries =
        loaded(backend, List.of("-Dorg.bytedeco.javacpp.cachedir=" + told), cache);
    assertThat(libraries)
        .anyMatch(
            library -> library.contains(backend.equals("cpu") ? "libdnnl.so" : "libopenblas.so"))
        .noneMatch(library -> library.startsWith(told.toString()))
        .noneMatch(library -> library.startsWith(shared.toString()));
    assertThat(libraries)
        .filteredOn(library -> library.startsWith(temp.toString()))
        .allMatch(library -> library.startsWith(cache.resolve("hindsight").toString()));
  }

  @Test
  void nothingIsLoadedFromATemporaryFolderThatOthersKnow() throws Exception {
    List<String> libraries =
        loaded("cpu", List.of("-Duser.home=/proc/none"), Path.of("/proc/none/cache"));
    assertThat(libraries)
        .anyMatch(library -> library.contains("libdnnl.so"))
        .noneMatch(library -> library.contains(".javacpp-"));
    try (Stream<Path> left = Files.list(shared)) {
      assertThat(left.map(file -> file.getFileName().toString()))
          .allMatch(name -> name.startsWith(".javacpp-")); // what was planted, and nothing of ours
    }
  }

  @Test
  void aLibraryThatIsNotTheJarsIsReplaced() throws Exception {
    Path cache = temp.resolve("cache");
    loaded("cpu", List.of(), cache);
    Path library;
    try (Stream<Path> all = Files.walk(cache)) {
      library = all.filter(file -> file.endsWith("libgomp.so.1")).findFirst().orElseThrow();
    }
    byte[] whole = Files.readAllBytes(library);
    byte[] changed = whole.clone();
    changed[changed.length / 2] ^= 1;
    Files.write(library, changed);
    loaded("cpu", List.of(), cache);
    assertThat(Files.readAllBytes(library)).isEqualTo(whole);
  }
}
