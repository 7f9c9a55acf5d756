package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import dev.hindsight.format.AtomicFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipException;

/// CIFAR-10 as its authors distribute it: one archive, whose batches are unpacked once.
///
/// @param mirrors addresses that end in `/`, tried in turn
/// @param batch bytes of each of its files
record CifarArchive(List<URI> mirrors, Download.Known file, int batch) {
  static final CifarArchive USUAL =
      new CifarArchive(
          List.of(URI.create("https://www.cs.toronto.edu/~kriz/")),
          new Download.Known(
              "cifar-10-binary.tar.gz",
              170_052_171,
              "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
          30_730_000);

  // The header of a member (POSIX.1-1988, ustar).
  private static final int BLOCK = 512;
  private static final int NAME_BYTES = 100;
  private static final int SIZE = 124;
  private static final int SIZE_BYTES = 12;

  /// The folder that has all batches, after a download where the cache has not.
  Path folder(Path cache, Download download, boolean offline) {
    Path folder = cache.resolve(Datasets.CIFAR10);
    if (hasAll(folder)) {
      return folder;
    }
    download.fetch(mirrors, file, folder, offline);
    Path archive = folder.resolve(file.name());
    try {
      unpack(archive, folder);
      if (!hasAll(folder)) {
        throw new DataException(archive + ": has not all batches; delete it, and it is got again");
      }
      Files.delete(archive);
    } catch (EOFException | ZipException e) {
      throw new DataException(
          "%s: damaged or truncated (%s); delete it, and it is got again"
              .formatted(archive, e.getMessage()));
    } catch (IOException e) {
      throw failed(archive, e);
    } catch (UncheckedIOException e) {
      throw failed(archive, Objects.requireNonNull(e.getCause()));
    }
    return folder;
  }

  private static DataException failed(Path archive, IOException e) {
    return new DataException("%s: cannot be unpacked (%s)".formatted(archive, IoErrors.reason(e)));
  }

  private static boolean hasAll(Path folder) {
    return CifarFiles.names().stream().allMatch(name -> Files.exists(folder.resolve(name)));
  }

  private void unpack(Path archive, Path folder) throws IOException {
    try (InputStream in = Gzip.open(archive)) {
      for (byte[] header = in.readNBytes(BLOCK); isMember(header); header = in.readNBytes(BLOCK)) {
        Path name = Path.of(text(header, 0, NAME_BYTES)).getFileName();
        long size = size(header);
        if (name != null && CifarFiles.names().contains(name.toString()) && size == batch) {
          byte[] bytes = in.readNBytes(batch);
          if (bytes.length < batch) {
            throw new EOFException("it ends in the middle of " + name);
          }
          AtomicFile.write(folder.resolve(name.toString()), bytes);
          in.skipNBytes(-size & (BLOCK - 1));
        } else {
          in.skipNBytes(size + (-size & (BLOCK - 1)));
        }
      }
    }
  }

  /// Zeros end an archive.
  private static boolean isMember(byte[] header) {
    return header.length == BLOCK && header[0] != 0;
  }

  private static String text(byte[] header, int from, int length) {
    String text = new String(header, from, length, StandardCharsets.ISO_8859_1);
    int end = text.indexOf(0);
    return end < 0 ? text : text.substring(0, end);
  }

  private static long size(byte[] header) throws IOException {
    try {
      return Long.parseLong(text(header, SIZE, SIZE_BYTES).strip(), 8);
    } catch (NumberFormatException _) {
      throw new ZipException("a header that is none");
    }
  }
}
