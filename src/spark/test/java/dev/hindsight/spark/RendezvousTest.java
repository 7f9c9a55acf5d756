package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.exchange.NcclReport;
import dev.hindsight.format.Json;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RendezvousTest {
  private static final Fingerprint OWN =
      new Fingerprint(
          "executor 0 on a",
          "cpu",
          "AVX2",
          "",
          "",
          "Java 25",
          "Spark 4.2.0",
          new NcclReport("", "", "", false));

  /// The executor outlives the job, and its ports are not without end.
  @Test
  void nobodyListensAfterABarrierThatFails() {
    List<Integer> ports = new ArrayList<>();
    assertThatThrownBy(
            () ->
                Rendezvous.meet(
                    "127.0.0.1",
                    0,
                    2,
                    OWN,
                    ExchangeKind.TCP,
                    card -> {
                      ports.add(Json.parse("card", card).path("port").intValue());
                      throw new IllegalStateException("the barrier has failed");
                    }))
        .hasMessage("the barrier has failed");
    assertThat(ports).hasSize(1);
    assertThatThrownBy(
            () -> new Socket(InetAddress.ofLiteral("127.0.0.1"), ports.getFirst()).close())
        .isInstanceOf(ConnectException.class);
  }

  @Test
  void oneThatIsMadeListensUntilItIsClosed() throws Exception {
    List<Integer> ports = new ArrayList<>();
    try (Rendezvous _ =
        Rendezvous.meet(
            "127.0.0.1",
            0,
            1,
            OWN,
            ExchangeKind.TCP,
            card -> {
              ports.add(Json.parse("card", card).path("port").intValue());
              return new String[] {card};
            })) {
      new Socket(InetAddress.ofLiteral("127.0.0.1"), ports.getFirst()).close();
    }
    assertThatThrownBy(
            () -> new Socket(InetAddress.ofLiteral("127.0.0.1"), ports.getFirst()).close())
        .isInstanceOf(ConnectException.class);
  }
}
