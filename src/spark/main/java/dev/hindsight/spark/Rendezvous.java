package dev.hindsight.spark;

import dev.hindsight.error.IoErrors;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.TcpExchange;
import dev.hindsight.nn.Piece;
import dev.hindsight.train.RunConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.jspecify.annotations.Nullable;

/// Where the workers of a job meet: by one all-gather of Spark's barrier each learns where the
/// others listen, what they compute with, and the token of the first, which nobody else is told.
final class Rendezvous implements AutoCloseable {
  private static final String PARTS = "\n";

  private final ServerSocketChannel server;
  private final int rank;
  private final List<Card> cards;

  /// What a worker says about itself, a line each.
  private record Card(String host, int port, String token, Fingerprint fingerprint) {
    String written() {
      return String.join(
          PARTS,
          host,
          "" + port,
          token,
          fingerprint.place(),
          fingerprint.backend(),
          fingerprint.numerics(),
          fingerprint.description(),
          fingerprint.cpu(),
          fingerprint.java(),
          fingerprint.software());
    }

    static Card read(String written) {
      String[] p = written.split(PARTS, -1);
      return new Card(
          p[0],
          Integer.parseInt(p[1]),
          p[2],
          new Fingerprint(p[3], p[4], p[5], p[6], p[7], p[8], p[9]));
    }
  }

  private Rendezvous(ServerSocketChannel server, int rank, List<Card> cards) {
    this.server = server;
    this.rank = rank;
    this.cards = cards;
  }

  /// Waits for all workers of this barrier job.
  static Rendezvous meet(Fingerprint own) {
    BarrierTaskContext barrier = BarrierTaskContext.get();
    int rank = barrier.partitionId();
    String address = barrier.getTaskInfos()[rank].address();
    String host = address.substring(0, Math.max(0, address.lastIndexOf(':')));
    String bound = host.isEmpty() ? SparkEnv.get().blockManager().blockManagerId().host() : host;
    try {
      ServerSocketChannel server = ServerSocketChannel.open();
      server.bind(new InetSocketAddress(bound, 0));
      int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
      byte[] token = new byte[32];
      new SecureRandom().nextBytes(token);
      Card card = new Card(bound, port, HexFormat.of().formatHex(token), own);
      List<Card> cards = Arrays.stream(barrier.allGather(card.written())).map(Card::read).toList();
      return new Rendezvous(server, rank, cards);
    } catch (IOException e) {
      throw IoErrors.failed("cannot listen on " + bound, e);
    }
  }

  /// Why the workers cannot train this run together; empty where they can.
  String refusal(RunConfig run) {
    Fingerprint first = cards.getFirst().fingerprint();
    for (Card card : cards) {
      @Nullable String difference = first.difference(card.fingerprint());
      if (difference != null) {
        return difference;
      }
    }
    return run.roundsOtherwise(first.numerics())
        ? "%s has %s but the run was trained with %s"
            .formatted(first.place(), first.numerics(), run.numerics().getLast())
        : "";
  }

  /// @param pieces of a gradient that travel
  Exchange exchange(List<Piece> pieces) {
    if (cards.size() == 1) {
      return Exchange.SOLO;
    }
    List<InetSocketAddress> addresses =
        cards.stream().map(card -> new InetSocketAddress(card.host(), card.port())).toList();
    long seconds = SparkEnv.get().conf().getTimeAsSeconds("spark.network.timeout", "60s");
    return TcpExchange.connect(
        rank, addresses, server, cards.getFirst().token(), Duration.ofSeconds(seconds), pieces);
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException _) {
      // nobody calls any more
    }
  }
}
