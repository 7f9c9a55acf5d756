package dev.hindsight.exchange;

import dev.hindsight.backend.Backend;
import dev.hindsight.nn.Piece;
import dev.hindsight.tensor.Tensor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Workers connected by TCP, each with each. A vector is cut into as many slices as there are
/// workers; each gets its slice of all of them, adds them up in the tree's order, and hands the sum
/// out (reduce-scatter, then all-gather, as in Thakur et al. 2005, section 4.5, but in an order of
/// additions that never changes). Each so sends and receives 2·(W - 1)/W of the vector a step.
public final class TcpExchange implements Exchange {
  private final int rank;
  private final List<Piece> pieces;
  private final @Nullable SocketChannel[] channels;
  private final List<String> names;
  private final Duration patience;
  private final Selector selector;
  private ByteBuffer vector = ByteBuffer.allocate(0);
  private ByteBuffer[] slices = {};
  private long messages;

  private TcpExchange(
      int rank,
      List<Piece> pieces,
      @Nullable SocketChannel[] channels,
      List<String> names,
      Duration patience)
      throws IOException {
    this.rank = rank;
    this.pieces = List.copyOf(pieces);
    this.channels = channels;
    this.names = names;
    this.patience = patience;
    this.selector = Selector.open();
  }

  /// Connects with all other workers.
  ///
  /// @param addresses of all workers by rank, our own included
  /// @param server bound to our own address
  /// @param token of the job, secret
  /// @param patience how long a worker may be silent, now and in every step
  /// @param pieces the elements of a gradient that travel; the others are zero on every worker
  /// @throws ExchangeException when not all of them are there in time
  public static TcpExchange connect(
      int rank,
      List<InetSocketAddress> addresses,
      ServerSocketChannel server,
      String token,
      Duration patience,
      List<Piece> pieces) {
    Handshake handshake = new Handshake(token, rank, addresses.size());
    @Nullable SocketChannel[] channels = Peers.connect(handshake, addresses, server, patience);
    try {
      return new TcpExchange(rank, pieces, channels, Peers.names(addresses), patience);
    } catch (IOException e) {
      Peers.close(channels);
      throw new ExchangeException("no selector can be opened (%s)".formatted(e.getMessage()), e);
    }
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int world() {
    return channels.length;
  }

  @Override
  public void sum(Backend backend, Tensor gradient, Tensor nll) {
    float[] elements = backend.readFloats(gradient);
    float[] losses = backend.readFloats(nll);
    int count = pieces.stream().mapToInt(Piece::length).sum() + losses.length;
    reserve(count);
    FloatBuffer floats = vector.asFloatBuffer();
    for (Piece piece : pieces) {
      floats.put(elements, piece.from(), piece.length());
    }
    floats.put(losses);
    sum(count);
    floats.rewind();
    for (Piece piece : pieces) {
      floats.get(elements, piece.from(), piece.length());
    }
    floats.get(losses);
    backend.write(gradient, elements);
    backend.write(nll, losses);
  }

  private void reserve(int count) {
    if (vector.capacity() != count * Float.BYTES) {
      vector = direct(count);
      slices = new ByteBuffer[world()];
      for (int peer = 0; peer < world(); peer++) {
        slices[peer] = direct(peer == rank ? 0 : part(rank, count).length());
      }
    }
  }

  private static ByteBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// The slice of a vector that a worker adds up.
  private Piece part(int worker, int count) {
    int each = (count + world() - 1) / world();
    int from = Math.min(count, worker * each);
    return new Piece(from, Math.min(count, from + each));
  }

  private ByteBuffer slice(int worker, int count) {
    Piece part = part(worker, count);
    return vector.slice(part.from() * Float.BYTES, part.length() * Float.BYTES);
  }

  private void sum(int count) {
    List<MessagePair> scatter = new ArrayList<>();
    List<MessagePair> gather = new ArrayList<>();
    for (int peer = 0; peer < world(); peer++) {
      SocketChannel channel = channels[peer];
      if (channel != null) {
        String name = names.get(peer);
        ByteBuffer in = slices[peer].clear();
        scatter.add(new MessagePair(channel, name, messages, slice(peer, count), in));
        ByteBuffer out = slice(rank, count);
        gather.add(new MessagePair(channel, name, messages + 1, out, slice(peer, count)));
      }
    }
    run(scatter);
    addUp(count);
    run(gather);
    messages += 2;
  }

  private void addUp(int count) {
    FloatBuffer mine = slice(rank, count).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[][] parts = new float[world()][mine.remaining()];
    for (int peer = 0; peer < world(); peer++) {
      FloatBuffer part = peer == rank ? mine : slices[peer].flip().asFloatBuffer();
      part.get(parts[peer]);
    }
    Shards.sum(parts);
    mine.rewind().put(parts[0]);
  }

  /// Does all pairs at once, until all are through or one of them stands still for too long.
  private void run(List<MessagePair> pairs) {
    try {
      int open = 0;
      for (MessagePair pair : pairs) {
        pair.go();
        pair.channel().register(selector, pair.waitsFor(), pair);
        open += pair.waitsFor() == 0 ? 0 : 1;
      }
      while (open > 0) {
        if (selector.select(patience.toMillis()) == 0) {
          throw nobodyAnswers(pairs);
        }
        for (SelectionKey key : selector.selectedKeys()) {
          MessagePair pair = (MessagePair) key.attachment();
          pair.go();
          key.interestOps(pair.waitsFor());
          open -= pair.waitsFor() == 0 ? 1 : 0;
        }
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      throw new ExchangeException("waiting for workers failed (%s)".formatted(e.getMessage()), e);
    }
  }

  private ExchangeException nobodyAnswers(List<MessagePair> pairs) {
    if (Thread.currentThread().isInterrupted()) {
      return new ExchangeException("worker %d was interrupted".formatted(rank));
    }
    String silent =
        pairs.stream()
            .filter(pair -> pair.waitsFor() != 0)
            .map(MessagePair::peer)
            .collect(Collectors.joining(", "));
    return new ExchangeException(
        "no answer for %.1f s from %s".formatted(patience.toMillis() / 1e3, silent));
  }

  @Override
  public void close() {
    Peers.close(channels);
    try {
      selector.close();
    } catch (IOException _) {
      // nothing is lost: it is not used any more
    }
  }
}
