package dev.hindsight.natives;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// A folder that only this user can write to. Code that is loaded into the process must not come
/// from a shared one like `/tmp`, where anybody may have put a file of that name before.
public final class PrivateFolder {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
      PosixFilePermissions.fromString("----w--w-");
  private static final int WRITABLE_BY_ALL = 0002;
  private static final int STICKY = 01000;
  private static final Duration LONGEST_USE = Duration.ofMinutes(10);

  /// By name: folders of this process alone, for who has no cache.
  private static final Map<String, Path> WITHOUT_CACHE = new HashMap<>();

  private PrivateFolder() {}

  /// `$XDG_CACHE_HOME/hindsight/name`, or the same below `~/.cache`; made with mode 700 where it is
  /// missing. Where there is no cache that can be written, a new folder below `java.io.tmpdir` with
  /// a name that nobody can know before, which is gone when the process ends.
  ///
  /// @throws IOException when it is another user's, a link, or open to others, in one line
  public static Path inCache(String name) throws IOException {
    Path cache = cache();
    try {
      Files.createDirectories(cache);
    } catch (IOException _) {
      return withoutCache(name); // no home
    }
    if (canHold(cache, "hindsight")) {
      requireSafeWay(cache.toRealPath());
      Path ours = child(cache, "hindsight");
      if (canHold(ours, name)) {
        Path folder = child(ours, name);
        if (Files.isWritable(folder)) {
          return folder;
        }
      }
    }
    return withoutCache(name);
  }

  private static boolean canHold(Path parent, String name) {
    return Files.exists(parent.resolve(name), LinkOption.NOFOLLOW_LINKS)
        || Files.isWritable(parent);
  }

  private static Path cache() {
    String configured = System.getenv("XDG_CACHE_HOME");
    return configured == null || !Path.of(configured).isAbsolute() // ignored, as XDG demands
        ? Path.of(System.getProperty("user.home"), ".cache")
        : Path.of(configured);
  }

  private static synchronized Path withoutCache(String name) throws IOException {
    Path known = WITHOUT_CACHE.get(name);
    if (known != null) {
      return known;
    }
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    requireSafeWay(parent.toRealPath());
    Path folder =
        Files.createTempDirectory(
            parent, "hindsight-" + name, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> deleteAtEnd(folder)));
    WITHOUT_CACHE.put(name, folder);
    return folder;
  }

  private static void deleteAtEnd(Path folder) {
    try {
      delete(folder);
    } catch (IOException e) {
      System.err.println("hindsight: cannot delete " + folder + ": " + e.getMessage());
    }
  }

  /// Who can rename a folder on the way can put another in its place.
  private static void requireSafeWay(Path folder) throws IOException {
    for (Path part = folder; part != null; part = part.getParent()) {
      int mode = (int) Files.getAttribute(part, "unix:mode");
      if ((mode & WRITABLE_BY_ALL) != 0 && (mode & STICKY) == 0) {
        throw new IOException(
            "wanted a folder below which no other user can change anything, got %s, in which all can write; run chmod o-w or set XDG_CACHE_HOME"
                .formatted(part));
      }
    }
  }

  /// A folder in a private one, made where it is missing.
  ///
  /// @throws IOException when it is another user's, a link, or open to others, in one line
  public static Path child(Path parent, String name) throws IOException {
    Path folder = parent.resolve(name);
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }
    var permissions = Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
    int owner = (int) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (permissions.stream().anyMatch(WRITABLE_BY_OTHERS::contains)
        || !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        || owner != user()) {
      throw new IOException(
          "wanted a folder %s that only %s can write to, got one of %s with %s; remove it or set XDG_CACHE_HOME"
              .formatted(
                  folder,
                  System.getProperty("user.name"),
                  Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).getName(),
                  PosixFilePermissions.toString(permissions)));
    }
    return folder;
  }

  /// What a file says that this user alone can read, and nobody else replace.
  ///
  /// @param most bytes that are read
  /// @throws IOException when it is another user's, a link, or open to others, in one line
  public static String readPrivate(Path file, int most) throws IOException {
    Path whole = file.toAbsolutePath();
    requireSafeWay(whole.resolveSibling("").toRealPath());
    var permissions = Files.getPosixFilePermissions(whole, LinkOption.NOFOLLOW_LINKS);
    int owner = (int) Files.getAttribute(whole, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!OWNER_ONLY.containsAll(permissions)
        || !Files.isRegularFile(whole, LinkOption.NOFOLLOW_LINKS)
        || owner != user()) {
      throw new IOException(
          "wanted a file that only %s can read and write, no link, got one of %s with %s"
              .formatted(
                  System.getProperty("user.name"),
                  Files.getOwner(whole, LinkOption.NOFOLLOW_LINKS).getName(),
                  PosixFilePermissions.toString(permissions)));
    }
    try (InputStream in = Files.newInputStream(whole, LinkOption.NOFOLLOW_LINKS)) {
      return new String(in.readNBytes(most), StandardCharsets.UTF_8);
    }
  }

  /// By number: in a container a user may have no name.
  private static int user() {
    MethodHandle get =
        Downcalls.handle(
            Linker.nativeLinker().defaultLookup(),
            "geteuid",
            FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      return (int) get.invokeExact();
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /// A new folder in a private one for as long as something is being made or loaded; the caller
  /// deletes it. What killed processes left there goes first.
  public static Path fresh(Path folder, String use) throws IOException {
    String prefix = use + "-";
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, prefix + "*")) {
      for (Path each : all) {
        try {
          if (isLeft(each, prefix)) {
            delete(each);
          }
        } catch (NoSuchFileException _) {
          // Its own process, or another that cleans up, was faster.
        }
      }
    }
    return Files.createTempDirectory(folder, prefix + ProcessHandle.current().pid() + "-");
  }

  /// Whether its process is gone, and it is so old that none of another machine, whose processes
  /// are not to be seen, can still need it.
  private static boolean isLeft(Path folder, String prefix) throws IOException {
    String name = String.valueOf(folder.getFileName());
    String process = name.substring(prefix.length()).replaceFirst("-.*", "");
    Instant made = Files.getLastModifiedTime(folder, LinkOption.NOFOLLOW_LINKS).toInstant();
    return process.matches("\\d{1,18}")
        && ProcessHandle.of(Long.parseLong(process)).isEmpty()
        && made.isBefore(Instant.now().minus(LONGEST_USE));
  }

  /// Removes a folder and all in it.
  public static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
