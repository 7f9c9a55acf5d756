package dev.hindsight.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
}
