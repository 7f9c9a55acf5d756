package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretTest {
  @TempDir private Path temp;

  @Test
  void isMadeOnceAndForItsUserAlone() throws IOException {
    Path file = temp.resolve("secret");
    String made = Secret.made(file);
    assertThat(made).matches("[0-9a-f]{64}");
    assertThat(Secret.made(file)).isEqualTo(made);
    assertThat(Secret.read(file)).isEqualTo(made);
    assertThat(Secret.made(temp.resolve("another"))).isNotEqualTo(made);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(temp.toFile().list()).containsExactlyInAnyOrder("secret", "another");
  }

  @Test
  void isNotTakenFromAFileOfOthers() throws IOException {
    Path file = temp.resolve("secret");
    Secret.made(file);
    Path link = Files.createSymbolicLink(temp.resolve("link"), file);
    refused(link, "wanted a file that only ");
    for (String open : new String[] {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-"}) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(open));
      refused(file, "can read and write, no link, got one of ");
    }
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(file, "password");
    refused(file, "wanted 64 hexadecimal digits");
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxrwxrwx"));
    refused(file, "in which all can write");
    refused(temp.resolve("nowhere"), "'./hindsight spark master' creates it");
  }

  private static void refused(Path file, String why) {
    assertThatThrownBy(() -> Secret.read(file))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(file.toString(), why);
  }
}
