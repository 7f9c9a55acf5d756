package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import dev.hindsight.format.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Downloads a data file. Nothing whose SHA-256 differs ever gets the file's name.
final class Download {
  private static final Duration CONNECT = Duration.ofSeconds(15);
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private Download() {}

  /// Puts `file` into `folder`, from the first mirror that has it.
  ///
  /// @throws DataException when no mirror gave the right bytes; says how to get them otherwise
  static void fetch(
      List<URI> mirrors, String file, String sha256, Path folder, PrintStream notices) {
    Path target = folder.resolve(file);
    if (Files.exists(target)) {
      return;
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new DataException(
          "%s: cannot be made (%s); set XDG_CACHE_HOME to a folder that can be written"
              .formatted(folder, IoErrors.reason(e)));
    }
    var failures = new StringBuilder();
    for (URI mirror : mirrors) {
      URI address = mirror.resolve(file);
      notices.println("downloading " + address);
      String failure = tryFetch(address, sha256, target);
      if (failure == null) {
        return;
      }
      failures.append(failures.isEmpty() ? "" : "; ").append(address.getHost()).append(": ");
      failures.append(failure);
    }
    throw new DataException(
        "%s: not in the cache and not downloaded (%s); put it into %s, or use --data %s or a folder"
            .formatted(file, failures, folder, Datasets.EMBEDDED));
  }

  /// Null when it worked, else why not.
  private static @Nullable String tryFetch(URI address, String sha256, Path target) {
    HttpRequest request = HttpRequest.newBuilder(address).timeout(ANSWER).build();
    try (HttpClient client = client(address)) {
      HttpResponse<InputStream> response =
          client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        return response.statusCode() == 200
            ? save(body, sha256, target)
            : "HTTP status " + response.statusCode();
      }
    } catch (IOException e) {
      return IoErrors.reason(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static @Nullable String save(InputStream body, String sha256, Path target)
      throws IOException {
    MessageDigest digest = newSha256();
    try {
      AtomicFile.write(
          target,
          channel -> {
            byte[] buffer = new byte[1 << 16];
            for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
              digest.update(buffer, 0, n);
              ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
              while (bytes.hasRemaining()) {
                channel.write(bytes);
              }
            }
            String found = HexFormat.of().formatHex(digest.digest());
            if (!found.equals(sha256)) {
              throw new WrongBytes(
                  "SHA-256 is "
                      + found.substring(0, 12)
                      + "… not "
                      + sha256.substring(0, 12)
                      + "…");
            }
          });
      return null;
    } catch (UncheckedIOException e) {
      return IoErrors.reason(Objects.requireNonNull(e.getCause()));
    }
  }

  private static final class WrongBytes extends IOException {
    private static final long serialVersionUID = 1;

    WrongBytes(String message) {
      super(message);
    }
  }

  private static HttpClient client(URI address) {
    HttpClient.Builder builder =
        HttpClient.newBuilder().connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NORMAL);
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
    URI uri;
    try {
      uri = URI.create(value.contains("://") ? value : "http://" + value);
    } catch (IllegalArgumentException _) {
      throw new DataException("https_proxy is '" + value + "'; expected http://host:port");
    }
    if (uri.getHost() == null) {
      throw new DataException("https_proxy is '" + value + "'; expected http://host:port");
    }
    return new InetSocketAddress(uri.getHost(), uri.getPort() < 0 ? 3128 : uri.getPort());
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
