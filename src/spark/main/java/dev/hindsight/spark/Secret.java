package dev.hindsight.spark;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.natives.PrivateFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.spark.SecurityManager$;
import org.apache.spark.SparkConf;

/// What master, workers and drivers of a cluster prove to each other that they know, and derive
/// their keys from: who knows it runs code on the cluster. It travels in a file that its user alone
/// can read, from a worker to its executors in their environment, and never on a command line.
final class Secret {
  private static final int BYTES = 32;

  /// Of Spark 4.2: its newer handshake, a cipher that notices changes, and no older way beside
  /// them.
  private static final String[][] GUARD = {
    {"spark.authenticate", "true"},
    {"spark.network.crypto.enabled", "true"},
    {"spark.network.crypto.authEngineVersion", "2"},
    {"spark.network.crypto.cipher", "AES/GCM/NoPadding"},
    {"spark.network.crypto.saslFallback", "false"},
    {"spark.io.encryption.enabled", "true"}
  };

  private Secret() {}

  /// Where it lies where nobody says otherwise.
  static Path usual() {
    try {
      return PrivateFolder.inCache("spark").resolve("secret");
    } catch (IOException e) {
      throw IoErrors.failed("no folder for the secret of the cluster", e);
    }
  }

  /// That of a file, which is made with a new one where it is missing.
  ///
  /// @throws UserException when others could read or replace it
  static String made(Path file) {
    try {
      Path folder = file.toAbsolutePath().resolveSibling("");
      Path begun =
          Files.createTempFile(
              folder,
              "secret",
              "",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try {
        Files.writeString(begun, random() + "\n");
        Files.createLink(file, begun); // whole or not at all, and never over another
      } catch (FileAlreadyExistsException _) {
        // the master goes on with what its workers know
      } finally {
        Files.delete(begun);
      }
    } catch (IOException e) {
      throw IoErrors.failed(file + ": the secret of the cluster cannot be made", e);
    }
    return read(file);
  }

  /// @throws UserException when it is not there, is none, or others could read or replace it
  static String read(Path file) {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new UserException(
          "%s: the secret of the cluster is not there; './hindsight spark master' makes it: copy that of the master's machine, or name another file with --secret"
              .formatted(file));
    }
    String text;
    try {
      text = PrivateFolder.readPrivate(file, 2 * BYTES + 1);
    } catch (IOException e) {
      throw new UserException(
          "%s: cannot be the secret of a cluster: %s".formatted(file, IoErrors.reason(e)));
    }
    if (!text.matches("[0-9a-f]{64}\\n?")) {
      throw new UserException(
          "%s: wanted 64 hexadecimal digits, the secret of a cluster, got something else; remove the file, and './hindsight spark master' makes another"
              .formatted(file));
    }
    return text.strip();
  }

  static String random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /// Has Spark let in who knows it, and nobody else, and encrypt what it sends and what it writes
  /// to disk.
  static void guard(SparkConf conf, String secret) {
    for (String[] each : GUARD) {
      conf.set(each[0], each[1]);
    }
    conf.set("spark.authenticate.secret", secret);
    // Spark looks here first, where a local cluster of this process has left its own
    Credentials known = new Credentials();
    known.addSecretKey(
        SecurityManager$.MODULE$.SECRET_LOOKUP_KEY(), secret.getBytes(StandardCharsets.UTF_8));
    try {
      UserGroupInformation.getCurrentUser().addCredentials(known);
    } catch (IOException e) {
      throw IoErrors.failed("Spark does not know who its user is", e);
    }
  }
}
