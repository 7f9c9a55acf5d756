package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.BackendException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is said about libraries that are there and libraries that are not.
class LibrariesTest {
  @TempDir Path cache;

  @Test
  void aMissingLibraryIsOneLineInTheLoadersWords() {
    SharedLibrary none = SharedLibrary.tryLoad("libhindsight-has-no-such-thing.so.1");
    assertThat(none.found()).isFalse();
    assertThat(none.toString())
        .isEqualTo(
            "libhindsight-has-no-such-thing.so.1: cannot open shared object file: No such file or"
                + " directory");
  }

  @Test
  void aLibraryThatLoadsSaysWhereItLies() {
    SharedLibrary c = SharedLibrary.tryLoad("libc.so.6");
    assertThat(c.found()).isTrue();
    assertThat(c.detail()).startsWith("/").endsWith("libc.so.6");
  }

  @Test
  void cublasBindingsLoadExactlyWhereCublas12Does() {
    String type = "jcuda.jcublas.JCublas2";
    String library = "JCublas2-12.6.0-linux-x86_64";
    String tmp = System.getProperty("java.io.tmpdir");
    if (SharedLibrary.tryLoad("libcublas.so.12").found()) {
      JCudaNatives.load(type, library);
    } else {
      assertThatThrownBy(() -> JCudaNatives.load(type, library))
          .isInstanceOf(BackendException.class)
          .hasMessageContaining("libcublas.so.12: cannot open shared object file")
          .message()
          .doesNotContain("\n");
    }
    assertThat(System.getProperty("java.io.tmpdir")).isEqualTo(tmp);
    assertThat(Path.of(tmp, "lib" + library + ".so")).doesNotExist();
  }

  @Test
  void aClassThatIsNotThereIsOneLine() {
    assertThatThrownBy(() -> JCudaNatives.load("jcuda.None", "JCublas2-12.6.0-linux-x86_64"))
        .isInstanceOf(BackendException.class)
        .hasMessage("cuda: wanted class jcuda.None, got none on the class path; build again");
  }

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
