package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.GpuStream;
import dev.hindsight.error.IoErrors;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.exchange.NcclExchange;
import dev.hindsight.exchange.TcpExchange;
import dev.hindsight.format.Json;
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
import java.util.function.Function;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.jspecify.annotations.Nullable;

/// Where the workers of a job meet. One all-gather of Spark's barrier gives each worker the
/// addresses of the others, what they compute with, and the token of the first, which stays among
/// them.
final class Rendezvous implements AutoCloseable {
  private static final String ALIKE = "; train on equal machines";

  private final ServerSocketChannel server;
  private final int rank;
  private final List<Card> cards;

  /// What the other workers need of a worker.
  private record Card(
      String host, int port, String token, String uniqueId, Fingerprint fingerprint) {}

  private final ExchangeChoice choice;

  private Rendezvous(
      ServerSocketChannel server, int rank, List<Card> cards, ExchangeKind exchange) {
    this.server = server;
    this.rank = rank;
    this.cards = cards;
    this.choice = ExchangeChoice.of(exchange, cards.stream().map(Card::fingerprint).toList());
  }

  /// Waits for all workers of this barrier job.
  ///
  /// @param exchange that was asked for
  static Rendezvous meet(Fingerprint own, ExchangeKind exchange) {
    BarrierTaskContext barrier = BarrierTaskContext.get();
    int rank = barrier.partitionId();
    String address = barrier.getTaskInfos()[rank].address();
    String host = address.substring(0, Math.max(0, address.lastIndexOf(':')));
    String bound = host.isEmpty() ? SparkEnv.get().blockManager().blockManagerId().host() : host;
    return meet(bound, rank, barrier.getTaskInfos().length, own, exchange, barrier::allGather);
  }

  /// Listens, and exchanges cards with the other workers.
  ///
  /// @param allGather sends the card of this worker and returns those of all, by rank
  static Rendezvous meet(
      String bound,
      int rank,
      int world,
      Fingerprint own,
      ExchangeKind exchange,
      Function<String, String[]> allGather) {
    @Nullable ServerSocketChannel opened = null;
    try {
      ServerSocketChannel server = ServerSocketChannel.open();
      opened = server;
      server.bind(new InetSocketAddress(bound, 0));
      int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
      byte[] token = new byte[32];
      new SecureRandom().nextBytes(token);
      HexFormat hex = HexFormat.of();
      boolean names =
          rank == 0
              && world > 1
              && ExchangeChoice.of(exchange, List.of(own)).kind() == ExchangeKind.NCCL;
      String uniqueId = names ? hex.formatHex(NcclExchange.uniqueId()) : "";
      Card card = new Card(bound, port, hex.formatHex(token), uniqueId, own);
      List<Card> cards =
          Arrays.stream(allGather.apply(Json.line(card)))
              .map(line -> Json.record(line, Card.class))
              .toList();
      Rendezvous made = new Rendezvous(server, rank, cards, exchange);
      opened = null;
      return made;
    } catch (IOException e) {
      throw IoErrors.failed("cannot listen on " + bound, e);
    } finally { // the barrier fails too: an executor outlives the job
      close(opened);
    }
  }

  /// Why the workers cannot train this run together; empty where they can.
  String refusal(RunConfig run) {
    Fingerprint first = cards.getFirst().fingerprint();
    for (Card card : cards) {
      @Nullable String difference = first.difference(card.fingerprint());
      if (difference != null) {
        return difference + ALIKE;
      }
    }
    return run.arithmetic().roundsOtherwise(first.numerics())
        ? "%s has %s but the run was trained with %s%s"
            .formatted(
                first.place(), first.numerics(), run.arithmetic().numerics().getLast(), ALIKE)
        : choice.refusal();
  }

  /// By what the workers exchange their gradients.
  ExchangeChoice choice() {
    return choice;
  }

  /// @param backend of this worker
  /// @param pieces of a gradient that exist
  Exchange exchange(Backend backend, List<Piece> pieces) {
    if (cards.size() == 1) {
      return Exchange.SOLO;
    }
    List<InetSocketAddress> addresses =
        cards.stream().map(card -> new InetSocketAddress(card.host(), card.port())).toList();
    long seconds = SparkEnv.get().conf().getTimeAsSeconds("spark.network.timeout", "60s");
    Duration patience = Duration.ofSeconds(seconds);
    String token = cards.getFirst().token();
    GpuStream stream = backend.gpuStream();
    if (choice.kind() == ExchangeKind.NCCL && stream != null) {
      byte[] uniqueId = HexFormat.of().parseHex(cards.getFirst().uniqueId());
      return NcclExchange.connect(stream, uniqueId, rank, addresses, server, token, patience);
    }
    return TcpExchange.connect(rank, addresses, server, token, patience, pieces);
  }

  @Override
  public void close() {
    close(server);
  }

  private static void close(@Nullable ServerSocketChannel server) {
    try {
      if (server != null) {
        server.close();
      }
    } catch (IOException _) {
      // nobody calls any more
    }
  }
}
