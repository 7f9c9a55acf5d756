package dev.hindsight.exchange;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A connection to each of the others that is silent until its end. Between the GPUs of one machine
/// NCCL writes into memory and cannot see that a process is gone; here the connection ends.
///
/// Who leaves in order sends how many exchanges it has taken part in: the others may still be about
/// to end the last one.
final class Lifelines implements AutoCloseable {
  private final @Nullable SocketChannel[] channels;
  private final List<String> names;
  private final ByteBuffer[] counts;
  private long exchanges;

  private Lifelines(@Nullable SocketChannel[] channels, List<String> names) {
    this.channels = channels;
    this.names = names;
    this.counts =
        names.stream().map(_ -> ByteBuffer.allocate(Long.BYTES)).toArray(ByteBuffer[]::new);
  }

  /// Connects with all other workers, see [Peers#connect].
  static Lifelines connect(
      Handshake handshake,
      List<InetSocketAddress> addresses,
      ServerSocketChannel server,
      Duration patience) {
    return new Lifelines(
        Peers.connect(handshake, addresses, server, patience), Peers.names(addresses));
  }

  /// From now on all others are needed for one exchange more.
  void next() {
    exchanges++;
  }

  /// @throws ExchangeException when one is gone that the exchange needs
  void requireAll() {
    for (int peer = 0; peer < channels.length; peer++) {
      SocketChannel channel = channels[peer];
      if (channel != null && counts[peer].hasRemaining()) {
        readCount(channel, peer);
      }
      if (channel != null && !counts[peer].hasRemaining() && counts[peer].getLong(0) < exchanges) {
        throw new ExchangeException(
            "%s has left after %d exchanges; this is exchange %d"
                .formatted(names.get(peer), counts[peer].getLong(0), exchanges));
      }
    }
  }

  private void readCount(SocketChannel channel, int peer) {
    try {
      if (channel.read(counts[peer]) < 0) {
        throw new ExchangeException(names.get(peer) + " is gone: its connection ended");
      }
    } catch (IOException e) {
      throw new ExchangeException("%s is gone (%s)".formatted(names.get(peer), e.getMessage()), e);
    }
  }

  /// Tells the others that all exchanges so far are done here.
  void leave() {
    for (SocketChannel channel : channels) {
      if (channel != null) {
        try {
          channel.write(ByteBuffer.allocate(Long.BYTES).putLong(0, exchanges));
        } catch (IOException _) {
          // it has left before
        }
      }
    }
  }

  @Override
  public void close() {
    Peers.close(channels);
  }

  /// All others by name.
  @Override
  public String toString() {
    return IntStream.range(0, channels.length)
        .filter(peer -> channels[peer] != null)
        .mapToObj(names::get)
        .collect(Collectors.joining(", "));
  }
}
