package dev.hindsight.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFolderTest {
  @TempDir private Path cache;

  @Test
  void privateFoldersAreForTheirOwnerAlone() throws IOException {
    Path folder = PrivateFolder.child(cache, "mine");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
    assertThat(PrivateFolder.child(cache, "mine")).isEqualTo(folder);
  }

  @Test
  void aFolderThatOthersCanWriteToIsRefused() throws IOException {
    Path open = Files.createDirectory(cache.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> PrivateFolder.child(cache, "open"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("rwxrwxrwx; remove it");
  }

  @Test
  void aLinkInPlaceOfTheFolderIsRefused() throws IOException {
    Files.createSymbolicLink(cache.resolve("link"), Files.createDirectory(cache.resolve("other")));
    assertThatThrownBy(() -> PrivateFolder.child(cache, "link")).isInstanceOf(IOException.class);
  }

  @Test
  void aFolderOfAnotherUserIsRefused() throws IOException {
    Path other = PrivateFolder.child(cache, "other");
    try {
      Files.setAttribute(other, "unix:uid", 12_345);
    } catch (FileSystemException _) {
      other = Path.of("/proc"); // who cannot give one away looks at root's
    }
    Path found = other;
    assertThatThrownBy(
            () ->
                PrivateFolder.child(
                    Objects.requireNonNull(found.getParent()), found.getFileName().toString()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("that only ");
  }

  @Test
  void whatKilledProcessesLeftGoesAndNothingElse() throws IOException {
    Path left = Files.createDirectory(cache.resolve("load-999999999-abc"));
    Files.writeString(left.resolve("library.so"), "x");
    Path young = Files.createDirectory(cache.resolve("load-999999998-abc"));
    long own = ProcessHandle.current().pid();
    Path ours = Files.createDirectory(cache.resolve("load-%d-abc".formatted(own)));
    Path foreign = Files.createDirectory(cache.resolve("load-of-somebody"));
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
    for (Path folder : List.of(left, ours, foreign)) {
      Files.setLastModifiedTime(folder, old);
    }
    Path fresh = PrivateFolder.fresh(cache, "load");
    assertThat(left).doesNotExist();
    try (var all = Files.list(cache)) {
      assertThat(all).containsExactlyInAnyOrder(young, ours, foreign, fresh);
    }
  }

  /// Two that start at once find the same leftovers.
  @Test
  void twoMayCleanUpAtTheSameTime() throws Exception {
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
    for (int k = 0; k < 300; k++) {
      Path left = Files.createDirectory(cache.resolve("load-999999999-" + k));
      Files.writeString(left.resolve("library.so"), "x");
      Files.setLastModifiedTime(left, old);
    }
    try (var threads = Executors.newFixedThreadPool(2)) {
      Callable<Path> fresh = () -> PrivateFolder.fresh(cache, "load");
      for (Future<Path> each : threads.invokeAll(List.of(fresh, fresh))) {
        assertThat(each.get()).isDirectory();
      }
    }
    try (var all = Files.list(cache)) {
      assertThat(all).hasSize(2);
    }
  }
}
