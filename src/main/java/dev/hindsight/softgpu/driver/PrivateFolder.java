package dev.hindsight.softgpu.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// Folders that nobody else can write to: what is loaded as native code must not come from a place
/// like `/tmp`, where another user could have put it first.
final class PrivateFolder {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
      PosixFilePermissions.fromString("----w--w-");

  private PrivateFolder() {}

  /// `$XDG_CACHE_HOME/hindsight/name` or `~/.cache/hindsight/name`, made where it is missing.
  static Path inCache(String name) throws IOException {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path root =
        cache == null || cache.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    Path ours = root.resolve("hindsight");
    Path folder = ours.resolve(name);
    Files.createDirectories(root);
    for (Path made : List.of(ours, folder)) {
      if (!Files.isDirectory(made, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectories(made, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      }
      check(made);
    }
    return folder;
  }

  private static void check(Path folder) throws IOException {
    String owner = Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).getName();
    String user = System.getProperty("user.name");
    var permissions = Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
    if (!owner.equals(user) || permissions.stream().anyMatch(WRITABLE_BY_OTHERS::contains)) {
      throw new IOException(
          String.format(
              "wanted %s to belong to %s and be writable by nobody else, got owner %s, %s;"
                  + " remove it or set XDG_CACHE_HOME",
              folder, user, owner, PosixFilePermissions.toString(permissions)));
    }
  }

  /// Removes a folder and all in it.
  static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
