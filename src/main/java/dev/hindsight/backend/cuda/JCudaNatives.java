package dev.hindsight.backend.cuda;

import dev.hindsight.backend.BackendException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Makes JCuda load its native libraries from a private folder.
///
/// JCuda's own loader asks `System.loadLibrary` first, whose path is fixed when the JVM starts, and
/// then unpacks into `java.io.tmpdir`, trusting whatever file of that name is there already. It
/// reads that property at each load. So the library is first put, whole and checked, into a folder
/// named by its content that nobody else can write to, and the property points there just while the
/// class initialises.
final class JCudaNatives {
  private static final String TEMPORARY = "java.io.tmpdir";
  private static final Pattern CAUSE =
      Pattern.compile("[^\\s:]+\\.so[.\\d]*: (cannot open|undefined|version|file too short).*");

  private JCudaNatives() {}

  /// Initialises `type`, whose native library is `lib/lib<library>.so` on the class path.
  ///
  /// @throws BackendException when it does not load, with the cause that lies below JCuda's traces
  static synchronized void load(String type, String library) {
    String before = System.getProperty(TEMPORARY);
    try {
      System.setProperty(TEMPORARY, unpack("lib" + library + ".so").toString());
      Class.forName(type, true, JCudaNatives.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new BackendException(
          "cuda: wanted class %s, got none on the class path; build again".formatted(type));
    } catch (LinkageError e) {
      throw new BackendException(
          "cuda: wanted %s to load lib%s.so, got: %s".formatted(type, library, cause(e)));
    } catch (IOException e) {
      throw new BackendException(
          "cuda: wanted a private folder for lib%s.so, got: %s".formatted(library, e.getMessage()));
    } finally {
      System.setProperty(TEMPORARY, before);
    }
  }

  /// The folder that holds the library, unpacked once per content.
  private static Path unpack(String file) throws IOException {
    byte[] bytes;
    try (InputStream in = JCudaNatives.class.getResourceAsStream("/lib/" + file)) {
      if (in == null) {
        throw new IOException(
            "no /lib/" + file + " on the class path; only Linux on x86-64 has one");
      }
      bytes = in.readAllBytes();
    }
    Path folder = PrivateFolder.inCache("jcuda-" + sha256(bytes).substring(0, 16));
    Path target = folder.resolve(file);
    if (!Files.exists(target) || !sha256(Files.readAllBytes(target)).equals(sha256(bytes))) {
      Path unfinished = Files.createTempFile(folder, file, ".part");
      Files.write(unfinished, bytes);
      try {
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return folder;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new UncheckedIOException(new IOException(e)); // every JDK has SHA-256
    }
  }

  /// JCuda puts two stack traces into its message; the loader's own words are somewhere inside.
  private static String cause(LinkageError error) {
    String text = String.valueOf(error.getMessage());
    Matcher found = CAUSE.matcher(text);
    return found.find() ? found.group() : text.lines().findFirst().orElse("no reason given");
  }
}
