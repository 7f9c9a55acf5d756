package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.Printable;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Downloads a data file. Nothing whose SHA-256 differs ever gets the file's name, and no mirror
/// can make it wait without end or fill the disk.
///
/// @param opening to whom a download is announced
/// @param deadline of each mirror, for all of a file
record Download(Opening opening, Duration deadline) {
  private static final int WHOLE = 200; // HTTP status

  /// A file that is to be had somewhere, and how it is recognised.
  ///
  /// @param bytes how long it is; no more are taken
  record Known(String name, long bytes, String sha256) {}

  Download(Opening opening) {
    this(opening, Duration.ofMinutes(30));
  }

  /// Puts `file` into `folder`, from the first mirror that has it.
  ///
  /// @param offline whether nobody may be asked for it
  /// @throws DataException when no mirror gave the right bytes; says how to get them otherwise
  void fetch(List<URI> mirrors, Known file, Path folder, boolean offline) {
    Path target = folder.resolve(file.name());
    if (Files.exists(target)) {
      return;
    }
    if (offline) {
      throw new DataException(
          "%s: not in the cache, and --offline forbids a download; put it into %s, from %s"
              .formatted(file.name(), folder, mirrors.getFirst()));
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new DataException(
          "%s: cannot be made (%s); set XDG_CACHE_HOME to a folder that can be written"
              .formatted(folder, IoErrors.reason(e)));
    }
    List<String> failures = new ArrayList<>();
    for (URI mirror : mirrors) {
      URI address = mirror.resolve(file.name());
      opening.notice("downloading " + address);
      try {
        AtomicFile.write(
            target, channel -> receive(address, file, Channels.newOutputStream(channel)));
        return;
      } catch (DataException e) {
        failures.add(address.getHost() + ": " + e.getMessage());
      }
    }
    throw new DataException(
        "%s: not in the cache and not downloaded (%s); put it into %s, or use --data %s or a folder"
            .formatted(file.name(), String.join("; ", failures), folder, Datasets.EMBEDDED));
  }

  /// Writes what comes from a mirror.
  ///
  /// @throws DataException says what is wrong with it
  private void receive(URI address, Known file, OutputStream out) {
    var digest = new Sha256();
    try (HttpClient client = client(address)) {
      try {
        int status =
            client
                .sendAsync(
                    HttpRequest.newBuilder(address).build(),
                    answer ->
                        answer.statusCode() == WHOLE
                            ? body(file, out, digest)
                            : BodySubscribers.discarding())
                .get(deadline.toMillis(), TimeUnit.MILLISECONDS)
                .statusCode();
        if (status != WHOLE) {
          throw new DataException("HTTP status " + status);
        }
      } finally {
        client.shutdownNow(); // close would wait for the rest of the body
      }
    } catch (ExecutionException e) {
      throw new DataException(reason(e.getCause()));
    } catch (TimeoutException _) {
      throw new DataException("not done after %d s".formatted(deadline.toSeconds()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new DataException("interrupted");
    }
    String found = digest.digits();
    if (!found.equals(file.sha256())) {
      throw new DataException(
          "SHA-256 is %s… not %s…"
              .formatted(found.substring(0, 12), file.sha256().substring(0, 12)));
    }
  }

  private BodySubscriber<Void> body(Known file, OutputStream out, Sha256 digest) {
    var done = new AtomicLong();
    return BodySubscribers.limiting(
        BodySubscribers.ofByteArrayConsumer(
            piece ->
                piece.ifPresent(
                    bytes -> {
                      IoErrors.orFail("cannot write " + file.name(), () -> out.write(bytes));
                      digest.update(bytes);
                      opening.progress(
                          "downloading " + file.name(),
                          "bytes",
                          done.addAndGet(bytes.length),
                          file.bytes());
                    })),
        file.bytes());
  }

  private static String reason(@Nullable Throwable e) {
    return switch (e) {
      case UncheckedIOException unchecked -> reason(unchecked.getCause());
      case IOException checked -> IoErrors.reason(checked);
      case null, default -> Printable.line(String.valueOf(e));
    };
  }

  private static HttpClient client(URI address) {
    HttpClient.Builder builder =
        HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL);
    InetSocketAddress proxy = "https".equals(address.getScheme()) ? proxy(System.getenv()) : null;
    if (proxy != null) {
      builder.proxy(ProxySelector.of(proxy));
    }
    return builder.build();
  }

  /// The proxy that the shell's other tools use; Java by itself reads only system properties.
  static @Nullable InetSocketAddress proxy(Map<String, String> environment) {
    String value = environment.getOrDefault("https_proxy", environment.get("HTTPS_PROXY"));
    if (value == null || value.isBlank()) {
      return null;
    }
    try {
      URI uri = URI.create(value.contains("://") ? value : "http://" + value);
      if (uri.getHost() != null) {
        return new InetSocketAddress(uri.getHost(), uri.getPort() < 0 ? 3128 : uri.getPort());
      }
    } catch (IllegalArgumentException _) {
      // no address, or no port that can be: the same answer
    }
    String shown = value.replaceAll("[^/]*@", "…@"); // a password may be in it
    throw new DataException(
        "https_proxy is '" + shown + "'; expected http://host:port with a port up to 65535");
  }
}
