package dev.hindsight.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What happens to JavaCPP's files while another process unpacks them. A class stands for a
/// library: both are resources of a class path.
class PackedLibraryTest {
  private static final String RESOURCE = "dev/hindsight/natives/PackedLibrary.class";

  @TempDir private Path temp;

  /// A process that is about to use JavaCPP.
  static final class Another {
    private Another() {}

    public static void main(String[] arguments) throws IOException {
      PackedLibrary.keepJavaCppPrivate(Another.class.getClassLoader());
    }
  }

  @Test
  void aLibraryIsLeftAloneWhileAnotherProcessUnpacksIt() throws Exception {
    byte[] whole = whole();
    Path folder = folder();
    Path library = folder.resolve("some.jar").resolve(RESOURCE);
    Files.createDirectories(library.getParent());
    Process process;
    try (FileChannel lock =
        FileChannel.open(
            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock.lock();
      Files.write(library, Arrays.copyOf(whole, whole.length / 2));
      process = another();
      while (process.isAlive() && !waitsForLock(process)) {
        Thread.sleep(1);
      }
      assertThat(library).exists();
      Files.write(library, whole);
    }
    assertThat(process.waitFor()).isZero();
    assertThat(library).hasBinaryContent(whole);
  }

  @Test
  void whatIsNotTheJarsIsDeleted() throws Exception {
    byte[] other = whole();
    other[other.length / 2] ^= 1;
    Path library = folder().resolve("some.jar").resolve(RESOURCE);
    Files.createDirectories(library.getParent());
    Files.write(library, other);
    assertThat(another().waitFor()).isZero();
    assertThat(library).doesNotExist();
  }

  private static byte[] whole() throws IOException {
    try (InputStream in = Objects.requireNonNull(ClassLoader.getSystemResourceAsStream(RESOURCE))) {
      return in.readAllBytes();
    }
  }

  private Path folder() throws IOException {
    return PrivateFolder.child(PrivateFolder.child(temp, "hindsight"), "javacpp");
  }

  private Process another() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Another.class.getName());
    builder.environment().put("XDG_CACHE_HOME", temp.toString());
    return builder.inheritIO().start();
  }

  /// Linux lists who waits for a lock with an arrow, and its process.
  private static boolean waitsForLock(Process process) throws IOException {
    return Files.readAllLines(Path.of("/proc/locks")).stream()
        .anyMatch(line -> line.contains("->") && line.contains(" " + process.pid() + " "));
  }
}
