package dev.hindsight.play;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.hindsight.format.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// One request and its answer, with the headers that every answer has.
final class HttpCall {
  /// Base64 of a coloured image, and what else is asked.
  static final int MOST_BODY = OneSize.MOST_PIXELS * 4 + 4096;

  /// Scripts, styles, pictures and connections of this very server; nothing else, in no frame.
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /// A drawing brings its style within.
  private static final String DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'";

  private final HttpExchange http;

  HttpCall(HttpExchange http) {
    this.http = http;
    Headers headers = http.getResponseHeaders();
    headers.set("Content-Security-Policy", POLICY);
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cache-Control", "no-store");
  }

  String method() {
    return http.getRequestMethod();
  }

  String path() {
    return http.getRequestURI().getPath();
  }

  /// What the page asks in its body.
  RequestBody body() throws IOException, HttpError {
    String type = String.valueOf(http.getRequestHeaders().getFirst("Content-Type"));
    if (!type.split(";", 2)[0].strip().equals("application/json")) {
      throw new HttpError(415, "wanted a body of application/json");
    }
    try (InputStream in = http.getRequestBody()) {
      byte[] body = in.readNBytes(MOST_BODY + 1);
      if (body.length > MOST_BODY) {
        throw new HttpError(413, "the body is longer than %d bytes".formatted(MOST_BODY));
      }
      return RequestBody.of(body);
    }
  }

  void json(Object value) throws IOException {
    bytes(200, "application/json", Json.line(value).getBytes(StandardCharsets.UTF_8));
  }

  void drawing(byte[] svg) throws IOException {
    http.getResponseHeaders().set("Content-Security-Policy", DRAWING_POLICY);
    bytes(200, "image/svg+xml", svg);
  }

  void refuse(HttpError error) throws IOException {
    if (error.status() == 405) {
      http.getResponseHeaders().set("Allow", "GET, HEAD, POST");
    } else if (error.status() == 503) {
      http.getResponseHeaders().set("Retry-After", "1");
    }
    byte[] body = Json.line(Map.of("error", error.line())).getBytes(StandardCharsets.UTF_8);
    bytes(error.status(), "application/json", body);
  }

  void bytes(int status, String type, byte[] body) throws IOException {
    http.getResponseHeaders().set("Content-Type", type);
    if (method().equals("HEAD")) {
      http.sendResponseHeaders(status, -1);
      return;
    }
    http.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    try (OutputStream out = http.getResponseBody()) {
      out.write(body);
    }
  }

  /// The beginning of an answer that has no end yet.
  OutputStream stream() throws IOException {
    http.getResponseHeaders().set("Content-Type", "text/event-stream");
    http.sendResponseHeaders(200, 0);
    return http.getResponseBody();
  }
}
