package dev.hindsight.train;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The lock of a run folder against all others, in this process and in any other.
///
/// Where POSIX rules, a process gives up its lock of a file when it closes any channel of that
/// file. So who asks in vain must not even open it: what this process has locked is known before.
final class FolderLock implements AutoCloseable {
  static final String NAME = ".lock";

  /// Real paths of what this process has locked.
  private static final Set<Path> LOCKED = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final Path real;
  private final FileChannel channel;

  private FolderLock(Path folder, Path real, FileChannel channel) {
    this.folder = folder;
    this.real = real;
    this.channel = channel;
  }

  /// Locks a folder that is there.
  ///
  /// @throws UserException when it is locked already or cannot be written
  static FolderLock take(Path folder) {
    Path real;
    try {
      real = folder.toRealPath();
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
    if (!LOCKED.add(real)) {
      throw inUse(folder);
    }
    boolean taken = false;
    try {
      FolderLock lock = new FolderLock(folder, real, locked(folder));
      taken = true;
      return lock;
    } finally {
      if (!taken) {
        LOCKED.remove(real);
      }
    }
  }

  private static FileChannel locked(Path folder) {
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel =
          FileChannel.open(
              folder.resolve(NAME), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
      locked = channel.tryLock() != null;
      if (locked) {
        return channel;
      }
    } catch (OverlappingFileLockException _) {
      // its file is that of another folder, too: the same answer as for another process
    } catch (IOException e) {
      throw unwritable(folder, e);
    } finally {
      if (channel != null && !locked) {
        close(channel, folder);
      }
    }
    throw inUse(folder);
  }

  /// Gives the folder free for others. To do so twice is to do so once.
  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    try {
      close(channel, folder);
    } finally {
      LOCKED.remove(real);
    }
  }

  private static void close(FileChannel channel, Path folder) {
    try {
      channel.close();
    } catch (IOException e) {
      throw IoErrors.failed("cannot close the lock of " + folder, e);
    }
  }

  private static UserException inUse(Path folder) {
    return new UserException(
        folder + ": another process is training into this folder; wait for it or give another");
  }

  private static UserException unwritable(Path folder, IOException e) {
    return new UserException(
        "%s: the run folder cannot be written (%s); give another one or change the permissions"
            .formatted(folder, IoErrors.reason(e)));
  }
}
