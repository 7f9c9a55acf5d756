package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// The bytes of a file in their order. Elements stay in the file, which is mapped, unless it is
/// packed: then they are unpacked into memory.
record FileBytes(InputStream in, @Nullable FileChannel mapped) implements AutoCloseable {
  /// Of a file that is gzipped where its name ends in `.gz`.
  static FileBytes open(Path file) throws IOException {
    return Gzip.isOne(file) ? unpacked(Gzip.open(file)) : mapped(file);
  }

  /// Of a file as it is.
  static FileBytes mapped(Path file) throws IOException {
    IoErrors.requireRegular(file);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    return new FileBytes(Channels.newInputStream(channel), channel);
  }

  /// Of what a stream gives.
  static FileBytes unpacked(InputStream in) {
    return new FileBytes(in, null);
  }

  /// The next bytes, fewer where the file ends.
  byte[] next(int count) throws IOException {
    return in.readNBytes(count);
  }

  /// Of elements of so many bytes, how many can be had at most.
  long most(int bytesEach) {
    return mapped == null ? Pixels.MOST_BYTES / bytesEach : Integer.MAX_VALUE;
  }

  /// What to do where there are more: words that end a message.
  String remedy() {
    return mapped == null ? " from a packed file, so unpack it" : "";
  }

  /// The next bytes, fewer where the file ends. Memory grows with what the file holds.
  ///
  /// @param count at most [#most] of something
  MemorySegment elements(long count) throws IOException {
    if (mapped == null) {
      return MemorySegment.ofArray(in.readNBytes(Math.toIntExact(count)));
    }
    long at = mapped.position();
    long here = Math.min(count, mapped.size() - at);
    mapped.position(at + here);
    return mapped.map(MapMode.READ_ONLY, at, here, Arena.ofAuto());
  }

  boolean hasMore() throws IOException {
    return in.read() >= 0;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
