package dev.hindsight.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class IoErrorsTest {

  @Test
  void reasonsAreWordsWithoutTheFilesName() {
    assertThat(IoErrors.reason(new NoSuchFileException("/x"))).isEqualTo("no such file or folder");
    assertThat(IoErrors.reason(new AccessDeniedException("/x"))).isEqualTo("permission denied");
    assertThat(IoErrors.reason(new FileAlreadyExistsException("/x")))
        .isEqualTo("a file of this name exists");
    assertThat(IoErrors.reason(new DirectoryNotEmptyException("/x")))
        .isEqualTo("a folder of this name exists");
    assertThat(IoErrors.reason(new FileSystemException("/x", null, "Read-only file system")))
        .isEqualTo("Read-only file system");
    assertThat(IoErrors.reason(new IOException("two\n  lines"))).isEqualTo("two lines");
    assertThat(IoErrors.reason(new ConnectException())).isEqualTo("no connection");
    assertThat(IoErrors.reason(new EOFException())).isEqualTo("EOFException");
  }

  @Test
  void aFailureIsOneLineAndKeepsItsCause() {
    IOException cause = new IOException("No space left on device");
    assertThat(IoErrors.failed("cannot write /x", cause))
        .hasMessage("cannot write /x: No space left on device; free some, or write elsewhere")
        .hasCause(cause);
  }
}
