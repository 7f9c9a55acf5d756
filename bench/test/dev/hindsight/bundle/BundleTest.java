package dev.hindsight.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Operand;
import dev.hindsight.error.UserException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {
  @TempDir private Path folder;

  private static List<Path> classPath() {
    String[] entries = System.getProperty("java.class.path").split(File.pathSeparator, -1);
    return Arrays.stream(entries).map(Path::of).toList();
  }

  @Test
  void takesEveryJarItNeedsAndNothingOfNd4j() {
    List<String> names =
        BundleJars.choose(classPath()).stream().map(p -> p.getFileName().toString()).toList();
    assertThat(names).hasSize(13).isSorted();
    assertThat(names)
        .anyMatch(n -> n.startsWith("jcuda-natives-"))
        .noneMatch(n -> n.contains("nd4j"));
    assertThat(names)
        .noneMatch(n -> n.contains("openblas") || n.contains("dnnl") || n.contains("junit"));
  }

  /// A bundle has at most 60 MB, of which runtime and jars take 45. Each op has its share of the
  /// rest, so that a new one takes nothing from others.
  @Test
  void theGoldensOfAnOpAreFew() {
    Map<String, Long> bytes =
        Bundle.goldenCases().stream()
            .collect(
                Collectors.groupingBy(OpCase::op, Collectors.summingLong(BundleTest::written)));
    assertThat(bytes.values()).allSatisfy(each -> assertThat(each).isBetween(1L, 3_000_000L));
  }

  private static long written(OpCase opCase) {
    return opCase.operands().stream()
        .filter(operand -> operand.role() != Operand.Role.IN)
        .mapToLong(operand -> operand.shape().size() * Float.BYTES)
        .sum();
  }

  @Test
  void namesTheJarsThatAreMissing() {
    List<Path> without =
        classPath().stream().filter(p -> !p.toString().contains("picocli")).toList();
    assertThatThrownBy(() -> BundleJars.choose(without))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("wanted picocli on the class path");
  }

  @Test
  void leavesNativesThatNothingCallsOutOfAJar() throws IOException {
    Path jar = folder.resolve("a.jar");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (String name : List.of("lib/libJNvPTXCompiler.so", "lib/libJCudaDriver.so")) {
        out.putNextEntry(new ZipEntry(name));
        out.write(name.getBytes(StandardCharsets.UTF_8));
      }
    }
    BundleJars.copy(jar, folder.resolve("b.jar"));
    try (ZipFile copy = new ZipFile(folder.resolve("b.jar").toFile())) {
      assertThat(copy.stream().map(ZipEntry::getName)).containsExactly("lib/libJCudaDriver.so");
      try (InputStream in = copy.getInputStream(copy.getEntry("lib/libJCudaDriver.so"))) {
        assertThat(in.readAllBytes()).asString().isEqualTo("lib/libJCudaDriver.so");
      }
    }
  }

  @Test
  void theLauncherPassesTheFlagsOfThePom() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    String flags = pom.replaceFirst("(?s).*<jvm.flags>(.*?)</jvm.flags>.*", "$1");
    try (InputStream in = Objects.requireNonNull(Bundle.class.getResourceAsStream("launcher.sh"))) {
      String script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(script.replaceAll("\\\\\n *", "")).contains(flags);
    }
  }

  /// tar itself unpacks what was written.
  @Test
  void tarUnpacksTheArchive() throws Exception {
    Path made = folder.resolve("made");
    Files.createDirectories(made.resolve("inner"));
    Files.writeString(made.resolve("inner/text"), "x".repeat(1000));
    Path script = Files.writeString(made.resolve("run"), "");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(made.resolve("link"), Path.of("inner/text"));
    Path archive = folder.resolve("a.tar.gz");
    try (OutputStream to = Files.newOutputStream(archive)) {
      TarGz.write(made, "made", to);
    }

    Path out = Files.createDirectory(folder.resolve("out"));
    Process tar =
        new ProcessBuilder("tar", "-xzf", archive.toString(), "-C", out.toString()).start();
    assertThat(tar.waitFor()).isZero();
    assertThat(out.resolve("made/inner/text")).hasContent("x".repeat(1000));
    assertThat(Files.readSymbolicLink(out.resolve("made/link"))).hasToString("inner/text");
    assertThat(Files.isExecutable(out.resolve("made/run"))).isTrue();
    assertThat(Files.isExecutable(out.resolve("made/inner/text"))).isFalse();
  }

  /// As when a bundle is asked to bundle itself: it has no folder of classes.
  @Test
  void keepsAnOldBundleWhereItCannotWriteANewOne() throws IOException {
    Path release = Files.createDirectories(folder.resolve("old/runtime")).resolve("release");
    Files.writeString(release, "");
    String before = System.getProperty("java.class.path");
    String jars =
        classPath().stream()
            .filter(Files::isRegularFile)
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));
    System.setProperty("java.class.path", jars);
    try {
      assertThatThrownBy(() -> new Bundle(folder.resolve("old"), _ -> {}).write())
          .isInstanceOf(UserException.class)
          .hasMessageContaining("wanted 6 folders of classes");
    } finally {
      System.setProperty("java.class.path", before);
    }
    assertThat(release).exists();
  }

  /// Asks for a bundle in `old` where every jar and folder of classes is found, but no JDK that
  /// jlink could take modules from.
  private void writeWithoutJmods() throws IOException {
    List<String> entries =
        new ArrayList<>(BundleJars.choose(classPath()).stream().map(Path::toString).toList());
    for (String module : List.of("a", "b", "c", "d", "e", "f")) {
      Path classes = folder.resolve(module + "/target/classes");
      Files.createDirectories(classes.resolve("dev/hindsight"));
      entries.add(classes.toString());
    }
    String classPath = System.getProperty("java.class.path");
    String home = System.getProperty("java.home");
    System.setProperty("java.class.path", String.join(File.pathSeparator, entries));
    System.setProperty("java.home", folder.resolve("jdk").toString());
    try {
      new Bundle(folder.resolve("old"), _ -> {}).write();
    } finally {
      System.setProperty("java.class.path", classPath);
      System.setProperty("java.home", home);
    }
  }

  private Path oldRelease() throws IOException {
    Path release = Files.createDirectories(folder.resolve("old/runtime")).resolve("release");
    return Files.writeString(release, "old");
  }

  /// A JDK without jmods, say.
  @Test
  void keepsAnOldBundleWhereJlinkFails() throws IOException {
    Path release = oldRelease();
    Files.writeString(folder.resolve("old.tar.gz"), "old");
    assertThatThrownBy(this::writeWithoutJmods)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("bundle: jlink failed: ");
    assertThat(release).hasContent("old");
    assertThat(folder.resolve("old.tar.gz")).hasContent("old");
    try (var left = Files.list(folder)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("old", "old.tar.gz", "a", "b", "c", "d", "e", "f");
    }
  }

  /// Who trains or spends a gpu-day in an unpacked bundle has the results there.
  @Test
  void refusesToReplaceABundleInWhichSomebodyWorked() throws IOException {
    oldRelease();
    Path weights = Files.createDirectories(folder.resolve("old/runs/made")).resolve("weights");
    Files.writeString(weights, "precious");
    Files.writeString(folder.resolve("old/day.md"), "precious");
    assertThatThrownBy(this::writeWithoutJmods)
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "old: replacing it would delete files that are not part of a bundle: day.md, runs;")
        .hasMessageContaining("--out");
    assertThat(weights).hasContent("precious");
  }

  /// What another process is writing lies in `.old.new`, and no second one may touch it.
  @Test
  void leavesTheWorkOfAnotherProcessAlone() throws Exception {
    Path work = Files.createDirectory(folder.resolve(".old.new"));
    Path written = Files.writeString(work.resolve("half"), "written");
    Path release = Files.createDirectories(folder.resolve("old")).resolve("no-release");
    Files.writeString(release, "");
    assertThatThrownBy(this::writeWithoutJmods).hasMessageContaining("not a bundle");
    assertThat(written).hasContent("written");

    Files.delete(release);
    try (FileChannel lock =
        FileChannel.open(
            work.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThat(lock.tryLock()).isNotNull();
      assertThatThrownBy(this::writeWithoutJmods)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("old: another process is writing this bundle; wait for it");
    }
    assertThat(written).hasContent("written");

    assertThatThrownBy(this::writeWithoutJmods).hasMessageContaining("jlink failed"); // it is gone
    assertThat(work).doesNotExist();
  }

  @Test
  void refusesAnArchiveThatIsAFolder() throws IOException {
    Files.createDirectory(folder.resolve("new.tar.gz"));
    assertThatThrownBy(() -> new Bundle(folder.resolve("new"), _ -> {}).write())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("new.tar.gz: is a folder");
    assertThat(folder.resolve("new")).doesNotExist();
  }

  @Test
  void refusesToReplaceAFolderThatIsNoBundle() throws IOException {
    Files.writeString(folder.resolve("precious"), "");
    assertThatThrownBy(() -> new Bundle(folder, _ -> {}).write())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is not empty and not a bundle");
    assertThat(folder.resolve("precious")).exists();
  }
}
