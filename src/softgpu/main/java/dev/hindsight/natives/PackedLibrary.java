package dev.hindsight.natives;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.jar.JarEntry;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/// Native libraries that lie in jars, unpacked where only this user can write, and compared with
/// what the jar holds each time.
///
/// The comparison is by length and CRC-32, which a jar lists: it finds what is old or broken. It
/// need not withstand an attack, since nobody else can write there.
public final class PackedLibrary {
  private static final String CACHE_OF_JAVACPP = "org.bytedeco.javacpp.cachedir";
  private static final String LOCK_OF_JAVACPP = ".lock";

  private PackedLibrary() {}

  private record Print(long bytes, long crc) {}

  /// The file of a library, unpacked first where it is missing or another.
  ///
  /// @param resource its name on the class path
  /// @throws IOException in one line, when there is none or it cannot be written
  public static Path unpack(ClassLoader loader, String resource) throws IOException {
    URL packed = loader.getResource(resource);
    if (packed == null) {
      throw new FileNotFoundException("no " + resource + " on the class path");
    }
    Print wanted = print(packed);
    Path folder = PrivateFolder.inCache("natives");
    Path library =
        PrivateFolder.child(folder, "%08x-%x".formatted(wanted.crc(), wanted.bytes()))
            .resolve(resource.substring(resource.lastIndexOf('/') + 1));
    if (!Files.isRegularFile(library, LinkOption.NOFOLLOW_LINKS)
        || !print(library).equals(wanted)) {
      Path work = PrivateFolder.fresh(folder, "unpack");
      try (InputStream in = packed.openStream()) {
        Path made = work.resolve("library");
        Files.copy(in, made);
        Files.move(
            made, library, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        PrivateFolder.delete(work);
      }
    }
    return library;
  }

  /// Makes JavaCPP, which unpacks ND4J's libraries, use a private folder, wherever it was told to.
  /// By itself it trusts any file of the right length and date, and where there is no home it looks
  /// for them below `/tmp`. Must come before its first use.
  public static synchronized void keepJavaCppPrivate(ClassLoader loader) throws IOException {
    Path folder = PrivateFolder.inCache("javacpp");
    if (folder.toString().equals(System.getProperty(CACHE_OF_JAVACPP))) {
      return;
    }
    deleteOthers(loader, folder);
    System.setProperty(CACHE_OF_JAVACPP, folder.toString());
  }

  /// JavaCPP keeps an entry of a jar under the name of the jar and then its own. It holds a lock
  /// while it writes one: who took that half for another file would delete it, and a third process
  /// that then unpacks it anew would do so below the feet of the first, which maps the half and
  /// dies.
  private static void deleteOthers(ClassLoader loader, Path folder) throws IOException {
    try (FileChannel channel =
            FileChannel.open(
                folder.resolve(LOCK_OF_JAVACPP),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock _ = channel.lock();
        DirectoryStream<Path> jars = Files.newDirectoryStream(folder)) {
      for (Path jar : jars) {
        if (Files.isDirectory(jar, LinkOption.NOFOLLOW_LINKS)) {
          Files.walkFileTree(
              jar,
              new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                    throws IOException {
                  URL packed = loader.getResource(jar.relativize(file).toString());
                  if (attributes.isRegularFile()
                      && packed != null
                      && !print(file).equals(print(packed))) {
                    Files.delete(file);
                  }
                  return FileVisitResult.CONTINUE;
                }
              });
        }
      }
    }
  }

  private static Print print(URL packed) throws IOException {
    if (packed.openConnection() instanceof JarURLConnection jar) {
      JarEntry entry = jar.getJarEntry();
      if (entry == null) {
        throw new NoSuchFileException(packed.toString());
      }
      return new Print(entry.getSize(), entry.getCrc());
    }
    try (InputStream in = packed.openStream()) {
      return print(in);
    }
  }

  private static Print print(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return print(in);
    }
  }

  private static Print print(InputStream in) throws IOException {
    var checked = new CheckedInputStream(in, new CRC32());
    byte[] buffer = new byte[1 << 16];
    long bytes = 0;
    for (int n = checked.read(buffer); n >= 0; n = checked.read(buffer)) {
      bytes += n;
    }
    return new Print(bytes, checked.getChecksum().getValue());
  }
}
