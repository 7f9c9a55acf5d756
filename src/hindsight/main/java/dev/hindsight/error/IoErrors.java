package dev.hindsight.error;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Words for failures of files and disks. The command line prints them as one line and exits with
/// 1.
public final class IoErrors {
  private IoErrors() {}

  /// The reason alone, without the file's name: "no such file", "No space left on device".
  public static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "no such file or folder";
      case AccessDeniedException _ -> "permission denied";
      case DirectoryNotEmptyException _ -> "a folder of this name exists";
      case FileAlreadyExistsException _ -> "a file of this name exists";
      case ConnectException c when c.getMessage() == null -> "no connection";
      case FileSystemException f when f.getReason() != null ->
          withRemedy(Printable.line(f.getReason()));
      default -> {
        String message = e.getMessage();
        yield message == null ? e.getClass().getSimpleName() : withRemedy(Printable.line(message));
      }
    };
  }

  /// A failure that is not the user's mistake, with the given words and the reason.
  public static UncheckedIOException failed(String what, IOException e) {
    return new UncheckedIOException(what + ": " + reason(e), e);
  }

  /// What is done to files.
  @FunctionalInterface
  public interface Action {
    void run() throws IOException;
  }

  /// Does it; a failure of it is [#failed] with these words.
  public static void orFail(String what, Action action) {
    try {
      action.run();
    } catch (IOException e) {
      throw failed(what, e);
    }
  }

  private static String withRemedy(String reason) {
    String remedy =
        switch (reason) {
          case "No space left on device" -> "free some, or write elsewhere";
          case "Disk quota exceeded" -> "delete something of yours, or write elsewhere";
          case "File too large" -> "raise ulimit -f, or write elsewhere";
          case "Too many open files" -> "raise ulimit -n";
          default -> "";
        };
    return remedy.isEmpty() ? reason : reason + "; " + remedy;
  }

  /// Opens a file for reading, but no folder, pipe or device, which may give bytes without end or
  /// none at all.
  public static InputStream open(Path file) throws IOException {
    requireRegular(file);
    return Files.newInputStream(file);
  }

  /// Refuses a folder, a pipe and a device.
  ///
  /// @throws IOException when it is there and is no file, in words that [#reason] gives
  public static void requireRegular(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(
          Files.isDirectory(file) ? "it is a folder" : "it is a pipe or a device, not a file");
    }
  }

  /// Refuses what is written in place and is no file of its own folder: a link, which may lead out
  /// of it, besides what [#requireRegular] refuses.
  ///
  /// @throws IOException when it is there and is no such file, in words that [#reason] gives
  public static void requireOwn(Path file) throws IOException {
    if (Files.isSymbolicLink(file)) {
      throw new IOException("%s is a link; replace it by what it leads to".formatted(file));
    }
    requireRegular(file);
  }
}
