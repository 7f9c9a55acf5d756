package dev.hindsight.data;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Downloads a data file, and goes on where an earlier download stopped. Nothing whose SHA-256
/// differs ever gets the file's name, and no mirror can make it wait without end or fill the disk.
///
/// @param opening to whom a download is announced
record Download(Opening opening, Patience patience) {
  private static final int LONGEST_REASON = 200;
  private static final int WHOLE = 200; // status codes
  private static final int PARTIAL = 206;
  private static final int NO_SUCH_RANGE = 416;

  /// A file that is to be had somewhere, and how it is recognised.
  ///
  /// @param bytes how long it is; no more are taken
  record Known(String name, long bytes, String sha256) {}

  /// How long a mirror may take.
  ///
  /// @param answer until it begins to send
  /// @param idle between two pieces
  /// @param whole for all of a file
  record Patience(Duration answer, Duration idle, Duration whole) {
    static final Patience USUAL =
        new Patience(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofMinutes(30));
  }

  Download(Opening opening) {
    this(opening, Patience.USUAL);
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
    try (PartialFile part = PartialFile.of(target)) {
      if (Files.exists(target) || fromAny(mirrors, file, part, failures)) {
        return;
      }
    } catch (IOException e) {
      failures.add(folder + ": " + IoErrors.reason(e));
    }
    throw new DataException(
        "%s: not in the cache and not downloaded (%s); put it into %s, or use --data %s or a folder"
            .formatted(file.name(), String.join("; ", failures), folder, Datasets.EMBEDDED));
  }

  private boolean fromAny(List<URI> mirrors, Known file, PartialFile part, List<String> failures) {
    for (URI mirror : mirrors) {
      URI address = mirror.resolve(file.name());
      opening.notice("downloading " + address);
      try {
        receive(address, file, part);
        return true;
      } catch (IOException e) {
        failures.add(address.getHost() + ": " + brief(IoErrors.reason(e)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failures.add(address.getHost() + ": interrupted");
        break;
      }
    }
    return false;
  }

  /// A mirror may have sent any number of any characters.
  private static String brief(String reason) {
    return reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON) + "…";
  }

  /// Goes on behind what has come. Where that does not become the file, all of it is asked for
  /// again: it may have come from another mirror.
  private void receive(URI address, Known file, PartialFile part)
      throws IOException, InterruptedException {
    if (part.size() > file.bytes()) {
      part.clear();
    }
    boolean goesOn = part.size() > 0;
    if (part.size() < file.bytes()) {
      ask(address, file, part);
    }
    String found = part.sha256();
    if (found.equals(file.sha256())) {
      part.finish();
      return;
    }
    part.clear();
    if (goesOn) {
      receive(address, file, part);
      return;
    }
    throw new IOException(
        "SHA-256 is %s… not %s…".formatted(found.substring(0, 12), file.sha256().substring(0, 12)));
  }

  private void ask(URI address, Known file, PartialFile part)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(patience.answer());
    long from = part.size();
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    try (HttpClient client = client(address)) {
      var response = client.send(request.build(), HttpResponse.BodyHandlers.ofPublisher());
      try (var body = new ResponseBody(response.body(), patience)) {
        if (response.statusCode() == PARTIAL && from > 0) {
          String range = response.headers().firstValue("Content-Range").orElse("");
          if (!range.startsWith("bytes " + from + "-")) {
            part.clear();
            throw new IOException("sends other bytes than from %d on: %s".formatted(from, range));
          }
        } else if (response.statusCode() == WHOLE) {
          part.clear();
        } else {
          if (response.statusCode() == NO_SUCH_RANGE) {
            part.clear();
          }
          throw new IOException("HTTP status " + response.statusCode());
        }
        append(body, file, part);
      } finally {
        client.shutdownNow(); // close would wait for the rest of the body
      }
    }
  }

  private void append(ResponseBody body, Known file, PartialFile part) throws IOException {
    for (ByteBuffer piece = body.next(); piece != null; piece = body.next()) {
      if (part.size() + piece.remaining() > file.bytes()) {
        part.clear();
        throw new IOException("sends more than the %d bytes of the file".formatted(file.bytes()));
      }
      part.append(piece);
      opening.progress("downloading " + file.name(), "bytes", part.size(), file.bytes());
    }
    if (part.size() < file.bytes()) {
      throw new IOException("ends after %d of %d bytes".formatted(part.size(), file.bytes()));
    }
  }

  private HttpClient client(URI address) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(patience.answer())
            .followRedirects(HttpClient.Redirect.NORMAL);
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
