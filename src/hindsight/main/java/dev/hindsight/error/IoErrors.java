package dev.hindsight.error;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

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
      case FileSystemException f when f.getReason() != null -> oneLine(f.getReason());
      default -> {
        String message = e.getMessage();
        yield message == null ? e.getClass().getSimpleName() : oneLine(message);
      }
    };
  }

  /// A failure that is not the user's mistake, with the given words and the reason.
  public static UncheckedIOException failed(String what, IOException e) {
    return new UncheckedIOException(what + ": " + reason(e), e);
  }

  /// Without line ends and whatever else could change a terminal: a server may have sent the text.
  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ").replaceAll("\\p{C}", "?");
  }
}
