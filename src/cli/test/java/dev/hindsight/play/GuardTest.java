package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who is let in at a port that browsers name, and at the one that they leave out.
class GuardTest {
  @ParameterizedTest
  @CsvSource({
    "80, 127.0.0.1, , true",
    "80, localhost, http://localhost, true",
    "80, 127.0.0.1:80, http://127.0.0.1:80, true",
    "80, evil.example, , false",
    "80, localhost, http://evil.example, false",
    "80, localhost:8080, , false",
    "8080, 127.0.0.1:8080, http://127.0.0.1:8080, true",
    "8080, 127.0.0.1, , false",
    "8080, localhost:8080, http://localhost, false",
  })
  void letsItsOwnPageIn(int port, String host, @Nullable String origin, boolean wanted) {
    var headers = new Headers();
    headers.add("Host", host);
    if (origin != null) {
      headers.add("Origin", origin);
    }
    boolean let;
    try {
      new Guard(port).check(headers);
      let = true;
    } catch (HttpError e) {
      assertThat(e.status()).isEqualTo(403);
      let = false;
    }
    assertThat(let).isEqualTo(wanted);
  }
}
