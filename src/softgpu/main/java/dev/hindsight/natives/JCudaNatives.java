package dev.hindsight.natives;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Makes JCuda load its native libraries from a private folder.
///
/// JCuda's own loader asks `System.loadLibrary` first, whose path is fixed when the JVM starts, and
/// then unpacks into `java.io.tmpdir`, trusting whatever file of that name is there already. It
/// reads that property at each load. So the property points to a fresh folder that nobody else can
/// write to, just while the class initialises.
public final class JCudaNatives {
  private static final String TEMPORARY = "java.io.tmpdir";
  private static final Pattern CAUSE =
      Pattern.compile("[^\\s:]+\\.so[.\\d]*: (cannot open|undefined|version|file too short).*");

  private JCudaNatives() {}

  /// Initialises one of JCuda's classes and with it its native library.
  ///
  /// @throws IOException when it does not load, in one line, with the cause that lies below JCuda's
  ///   traces
  public static void load(String type) throws IOException {
    load(type, () -> {});
  }

  /// The same, with something to do while the library's file is still there.
  public static synchronized void load(String type, Runnable then) throws IOException {
    Path folder = freshFolder();
    String before = System.getProperty(TEMPORARY);
    try {
      System.setProperty(TEMPORARY, folder.toString());
      Class.forName(type);
      then.run();
    } catch (ClassNotFoundException e) {
      throw new IOException(
          "wanted class %s, got none on the class path; build again".formatted(type), e);
    } catch (LinkageError e) {
      throw new IOException("wanted %s to load, got: %s".formatted(type, cause(e)), e);
    } finally {
      System.setProperty(TEMPORARY, before);
      PrivateFolder.delete(folder); // what is loaded stays mapped
    }
  }

  private static Path freshFolder() throws IOException {
    try {
      return PrivateFolder.fresh(PrivateFolder.inCache("jcuda"), "load");
    } catch (IOException e) {
      throw new IOException("wanted a private folder for JCuda, got: " + e.getMessage(), e);
    }
  }

  /// JCuda puts two stack traces into its message, and a second attempt gets the first one's error
  /// as its cause; the loader's own words are somewhere inside.
  private static String cause(LinkageError error) {
    for (@Nullable Throwable e = error; e != null; e = e.getCause()) {
      Matcher found = CAUSE.matcher(String.valueOf(e.getMessage()));
      if (found.find()) {
        return found.group();
      }
    }
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("no reason given");
  }
}
