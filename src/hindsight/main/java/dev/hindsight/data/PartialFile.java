package dev.hindsight.data;

import dev.hindsight.format.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/// What has come of a file so far, in a hidden file beside it: a download goes on where another one
/// stopped. It belongs to one thread of one process at a time; others wait.
record PartialFile(Path target, Path path, FileChannel channel) implements AutoCloseable {
  private static final ReentrantLock THIS_PROCESS = new ReentrantLock();

  static PartialFile of(Path target) throws IOException {
    Path path = target.resolveSibling("." + target.getFileName() + ".part");
    THIS_PROCESS.lock();
    try {
      return new PartialFile(target, path, open(path));
    } catch (IOException e) {
      THIS_PROCESS.unlock();
      throw e;
    }
  }

  private static FileChannel open(Path path) throws IOException {
    while (true) {
      FileChannel channel =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.CREATE,
              LinkOption.NOFOLLOW_LINKS);
      lock(channel);
      if (Files.exists(path)) { // else another process has finished it in the meantime
        return channel;
      }
      channel.close();
    }
  }

  private static void lock(FileChannel channel) {
    try {
      var _ = channel.lock();
    } catch (IOException _) {
      // some network file systems have none
    }
  }

  long size() throws IOException {
    return channel.size();
  }

  void append(ByteBuffer bytes) throws IOException {
    channel.position(channel.size());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  void clear() throws IOException {
    channel.truncate(0);
  }

  String sha256() throws IOException {
    var digest = new Sha256();
    ByteBuffer block = ByteBuffer.allocate(1 << 16);
    channel.position(0);
    while (channel.read(block) >= 0) {
      digest.update(block.flip());
      block.clear();
    }
    return digest.digits();
  }

  /// Gives it the file's name.
  void finish() throws IOException {
    channel.force(true);
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /// What came stays for the next one.
  @Override
  public void close() throws IOException {
    try (channel) {
      if (channel.size() == 0) {
        Files.deleteIfExists(path);
      }
    } finally {
      THIS_PROCESS.unlock();
    }
  }
}
