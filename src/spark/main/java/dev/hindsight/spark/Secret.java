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

/// The secret with which master, workers and drivers of a cluster authenticate, and from which they
/// derive their keys: who has it can run code on the cluster. It is stored in a file that only its
/// user can read; a worker passes it to its executors in their environment, never on a command
/// line.
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

  /// Its default place.
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
        Files.createLink(file, begun); // complete or not at all, and never over another
      } catch (FileAlreadyExistsException _) {
        // the master uses the secret that its workers have
      } finally {
        Files.delete(begun);
      }
    } catch (IOException e) {
      throw IoErrors.failed(file + ": the secret of the cluster cannot be created", e);
    }
    return read(file);
  }

  /// @throws UserException when it is not there, is none, or others could read or replace it
  static String read(Path file) {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new UserException(
          "%s: the cluster's secret is missing; './hindsight spark master' creates it: copy the file from the master's machine, or name another with --secret"
              .formatted(file));
    }
    String text;
    try {
      text = PrivateFolder.readPrivate(file, 2 * BYTES + 1);
    } catch (IOException e) {
      throw new UserException(
          "%s: not usable as the secret of a cluster: %s".formatted(file, IoErrors.reason(e)));
    }
    if (!text.matches("[0-9a-f]{64}\\n?")) {
      throw new UserException(
          "%s: wanted 64 hexadecimal digits, the secret of a cluster, got something else; remove the file, and './hindsight spark master' creates another"
              .formatted(file));
    }
    return text.strip();
  }

  static String random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /// Makes Spark accept only holders of the secret, and encrypt what it sends and writes to disk.
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
      throw IoErrors.failed("Spark cannot determine its user", e);
    }
  }
}
