package dev.hindsight.format;

import dev.hindsight.error.IoErrors;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes a file completely or not at all: to a temporary name in the same folder, forced to disk,
/// then moved. Whoever is stopped in between leaves the old file as it was, and at most a file
/// whose name [#isTemporary] knows, which the next write of this file removes.
public final class AtomicFile {
  private static final AtomicLong COUNTER = new AtomicLong();
  private static final String SUFFIX = ".hindsight-tmp";
  private static final Pattern TEMPORARY =
      Pattern.compile("\\..+-(\\d{1,18})-\\d+" + Pattern.quote(SUFFIX));

  /// What this process is writing now.
  private static final Set<Path> WRITING = ConcurrentHashMap.newKeySet();

  /// Fills the new file, which may be read, too.
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private AtomicFile() {}

  /// Writes the file through a channel.
  ///
  /// @throws java.io.UncheckedIOException one line with the path and the reason; the old file, if
  ///   there was one, is unchanged
  public static void write(Path path, Content content) {
    IoErrors.orFail(
        "cannot write " + path + " (the old file is unchanged)",
        () -> writeChecked(path.toAbsolutePath(), content));
  }

  /// Writes these bytes; fails as the other does.
  public static void write(Path path, byte[] bytes) {
    write(path, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  /// Whether a file name is one that an interrupted write can leave behind.
  public static boolean isTemporary(Path path) {
    Path name = path.getFileName();
    return name != null && name.toString().endsWith(SUFFIX);
  }

  /// Removes what killed processes left in a folder of files that they were writing.
  public static void deleteLeft(Path folder) {
    IoErrors.orFail("cannot clean " + folder, () -> deleteLeft(folder.toAbsolutePath(), ""));
  }

  private static void writeChecked(Path target, Content content) throws IOException {
    deleteLeft(folderOf(target), prefix(target));
    Path temporary = newName(target);
    boolean moved = false;
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.CREATE_NEW)) {
        isFree(channel); // and is locked by us from now on
        content.writeTo(channel);
        channel.force(true);
        Files.move( // while it is locked
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        moved = true;
      }
    } finally {
      if (!moved) {
        Files.deleteIfExists(temporary);
      }
      WRITING.remove(temporary);
    }
    forceNames(folderOf(target));
  }

  /// Forces to disk which files a folder has; what they hold is forced by whoever writes them.
  public static void forceNames(Path folder) throws IOException {
    if (File.separatorChar == '/') { // elsewhere a folder cannot be opened
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /// Removes the temporaries whose names begin so and whose process is gone, unless somebody holds
  /// the lock that a writer on another machine would hold.
  private static void deleteLeft(Path folder, String prefix) throws IOException {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, AtomicFile::isTemporary)) {
      for (Path path : all) {
        String name = String.valueOf(path.getFileName());
        Matcher parts = TEMPORARY.matcher(name);
        if (name.startsWith(prefix)
            && parts.matches()
            && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
            && isGone(Long.parseLong(parts.group(1)), path)
            && isUnlocked(path)) {
          Files.deleteIfExists(path);
        }
      }
    } catch (NotDirectoryException | NoSuchFileException _) {
      // then writing fails with the reason
    }
  }

  /// In a container every start may have the same number as the one that was killed.
  private static boolean isGone(long process, Path path) {
    return process == ProcessHandle.current().pid()
        ? !WRITING.contains(path)
        : ProcessHandle.of(process).isEmpty();
  }

  private static boolean isUnlocked(Path path) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      return isFree(channel);
    } catch (NoSuchFileException | AccessDeniedException _) {
      return false; // another was faster, or it is another user's
    }
  }

  /// Takes the lock of a file, unless somebody has it. Some network file systems have none.
  private static boolean isFree(FileChannel channel) {
    try {
      return channel.tryLock() != null;
    } catch (IOException | OverlappingFileLockException _) {
      return false;
    }
  }

  private static String prefix(Path target) {
    return "." + target.getFileName() + "-";
  }

  /// A name that no file has, noted as one that is being written.
  private static Path newName(Path target) {
    while (true) {
      String unique = ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet();
      Path name = folderOf(target).resolve(prefix(target) + unique + SUFFIX);
      WRITING.add(name);
      if (!Files.exists(name, LinkOption.NOFOLLOW_LINKS)) {
        return name;
      }
      WRITING.remove(name);
    }
  }

  static Path folderOf(Path target) {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IllegalArgumentException("cannot write " + target + ": not a file's name");
    }
    return folder;
  }

  static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
