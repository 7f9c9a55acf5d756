package dev.hindsight.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Standard output that remembers why it failed: a `PrintStream` keeps that to itself, and a
/// program whose output was lost would end as if all were well.
final class StandardOutput extends FilterOutputStream {
  private static final Path SELF = Path.of("/proc/self/fd/1");
  private static final int BUFFER = 8192;

  private volatile @Nullable IOException failure;

  private StandardOutput(OutputStream out) {
    super(out);
  }

  /// Puts it in the place of [System#out], with its encoding.
  static StandardOutput install() {
    StandardOutput output = new StandardOutput(new FileOutputStream(FileDescriptor.out));
    var buffer = new BufferedOutputStream(output, BUFFER);
    System.setOut(new PrintStream(buffer, true, System.out.charset()));
    return output;
  }

  /// Why output was lost; null when all of it was written, or when its reader had enough: then
  /// common tools are quiet too.
  @Nullable IOException lost() {
    System.out.flush();
    IOException found = failure;
    return found == null || isClosedPipe(found) ? null : found;
  }

  /// The words are the system's, in its language; but a pipe fails for no other reason.
  private static boolean isClosedPipe(IOException e) {
    try {
      String target = Files.readSymbolicLink(SELF).toString();
      return target.startsWith("pipe:") || target.startsWith("socket:");
    } catch (IOException _) {
      return String.valueOf(e.getMessage()).contains("Broken pipe"); // not Linux
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }
}
