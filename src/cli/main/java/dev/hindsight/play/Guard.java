package dev.hindsight.play;

import com.sun.net.httpserver.Headers;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Accepts only requests of the page itself. Another page in the same browser can send requests
/// here too; its name is then in `Origin`. A foreign name that resolves to this machine (DNS
/// rebinding) is in `Host`.
final class Guard {
  private static final int FORBIDDEN = 403;
  private static final int HTTP = 80; // which browsers leave out

  private final Set<String> hosts;
  private final Set<String> origins;

  Guard(int port) {
    hosts =
        port == HTTP
            ? Set.of("127.0.0.1:80", "localhost:80", "127.0.0.1", "localhost")
            : Set.of("127.0.0.1:" + port, "localhost:" + port);
    origins = hosts.stream().map(host -> "http://" + host).collect(Collectors.toUnmodifiableSet());
  }

  void check(Headers headers) throws HttpError {
    String host = only(headers.get("Host"));
    if (host == null || !hosts.contains(host)) {
      throw new HttpError(FORBIDDEN, "this page is served on this machine only, as 127.0.0.1");
    }
    if (headers.containsKey("Origin")) {
      String origin = only(headers.get("Origin"));
      if (origin == null || !origins.contains(origin)) {
        throw new HttpError(FORBIDDEN, "requests from other pages are refused");
      }
    }
  }

  private static @Nullable String only(@Nullable List<String> values) {
    return values != null && values.size() == 1 ? values.getFirst() : null;
  }
}
