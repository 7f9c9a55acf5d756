package dev.hindsight.format;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The lock of a folder against all others, in this process and in any other.
///
/// Where POSIX rules, a process gives up its lock of a file when it closes any channel of that
/// file. So a second attempt must not even open it: LOCKED has what this process has locked.
public final class FolderLock implements AutoCloseable {
  /// The file in the folder that is locked.
  public static final String NAME = ".lock";

  /// Real paths of what this process has locked.
  private static final Set<Path> LOCKED = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final FileChannel channel;

  private FolderLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /// Locks a folder that is there, or returns null when it is locked already.
  ///
  /// @throws IOException when it cannot be written
  public static @Nullable FolderLock tryTake(Path folder) throws IOException {
    Path real = folder.toRealPath();
    if (!LOCKED.add(real)) {
      return null;
    }
    FileChannel channel = null;
    try {
      channel = locked(real);
    } finally {
      if (channel == null) {
        LOCKED.remove(real);
      }
    }
    return channel == null ? null : new FolderLock(real, channel);
  }

  private static @Nullable FileChannel locked(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    IoErrors.requireOwn(file); // or a pipe would be waited for
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, LinkOption.NOFOLLOW_LINKS);
    boolean locked = false;
    try {
      locked = channel.tryLock() != null;
    } catch (OverlappingFileLockException _) {
      // its file is that of another folder, too: the same answer as for another process
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    return locked ? channel : null;
  }

  /// Gives the folder free for others. To do so twice is to do so once.
  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw IoErrors.failed("cannot close the lock of " + folder, e);
    } finally {
      LOCKED.remove(folder);
    }
  }
}
