package dev.hindsight.natives;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;

/// A folder that only this user can write to. Code that is loaded into the process must not come
/// from a shared one like `/tmp`, where anybody may have put a file of that name before.
public final class PrivateFolder {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
      PosixFilePermissions.fromString("----w--w-");

  private PrivateFolder() {}

  /// `$XDG_CACHE_HOME/hindsight/name`, or the same below `~/.cache`; made with mode 700 where it is
  /// missing.
  ///
  /// @throws IOException when it cannot be made, or is another user's, a link, or open to others
  public static Path inCache(String name) throws IOException {
    String configured = System.getenv("XDG_CACHE_HOME");
    Path cache =
        configured == null || configured.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(configured);
    Files.createDirectories(cache);
    return child(child(cache, "hindsight"), name);
  }

  static Path child(Path parent, String name) throws IOException {
    Path folder = parent.resolve(name);
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }
    var permissions = Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
    String owner = Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).getName();
    String user = System.getProperty("user.name");
    if (permissions.stream().anyMatch(WRITABLE_BY_OTHERS::contains)
        || !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        || !owner.equals(user)) {
      throw new IOException(
          "wanted a folder %s that only %s can write to, got one of %s with %s; remove it or set XDG_CACHE_HOME"
              .formatted(folder, user, owner, PosixFilePermissions.toString(permissions)));
    }
    return folder;
  }

  /// Removes a folder and all in it.
  public static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
