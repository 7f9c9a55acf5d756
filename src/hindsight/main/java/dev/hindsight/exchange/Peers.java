package dev.hindsight.exchange;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Connects a worker with all others: it calls those of a lower rank and is called by the rest.
final class Peers {
  private static final int STRANGER_MILLIS = 2000;

  private final Handshake handshake;
  private final List<InetSocketAddress> addresses;
  private final long deadline;
  private final @Nullable SocketChannel[] channels;

  private Peers(Handshake handshake, List<InetSocketAddress> addresses, Duration patience) {
    this.handshake = handshake;
    this.addresses = addresses;
    this.deadline = System.nanoTime() + patience.toNanos();
    this.channels = new SocketChannel[addresses.size()];
  }

  /// @param server where the others call; its address is known to them
  /// @return a channel to each of the others, in the order of ranks; null at our own
  /// @throws ExchangeException when not all are there within `patience`
  static @Nullable SocketChannel[] connect(
      Handshake handshake,
      List<InetSocketAddress> addresses,
      ServerSocketChannel server,
      Duration patience) {
    Peers peers = new Peers(handshake, addresses, patience);
    boolean whole = false;
    try {
      for (int peer = 0; peer < handshake.rank(); peer++) {
        peers.channels[peer] = peers.call(peer);
      }
      while (peers.missing() != null) {
        peers.accept(server);
      }
      whole = true;
      return peers.channels;
    } finally {
      if (!whole) {
        close(peers.channels);
      }
    }
  }

  /// The first worker that has not called yet; null where all have.
  private @Nullable Integer missing() {
    for (int peer = handshake.rank() + 1; peer < channels.length; peer++) {
      if (channels[peer] == null) {
        return peer;
      }
    }
    return null;
  }

  private SocketChannel call(int peer) {
    InetSocketAddress address = addresses.get(peer);
    try {
      SocketChannel channel = SocketChannel.open();
      try {
        channel.socket().connect(address, millisLeft(peer));
        channel.socket().setSoTimeout(millisLeft(peer));
        handshake.call(channel.socket(), peer);
        return ready(channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new ExchangeException(
          "worker %d at %s cannot be reached (%s)".formatted(peer, address, e.getMessage()), e);
    }
  }

  /// Takes one call. A stranger's is ended and forgotten.
  private void accept(ServerSocketChannel server) {
    int missing = Objects.requireNonNull(missing());
    try {
      server.socket().setSoTimeout(millisLeft(missing));
      Socket socket = server.socket().accept();
      Integer caller = null;
      try {
        socket.setSoTimeout(Math.min(STRANGER_MILLIS, millisLeft(missing)));
        caller = handshake.answer(socket);
      } catch (IOException _) {
        // it said nothing, or too little: no worker does
      }
      if (caller == null || caller < handshake.rank() || channels[caller] != null) {
        socket.close();
      } else {
        channels[caller] = ready(socket.getChannel());
      }
    } catch (IOException e) {
      throw new ExchangeException(
          "worker %d at %s did not call (%s)"
              .formatted(missing, addresses.get(missing), e.getMessage()),
          e);
    }
  }

  private static SocketChannel ready(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    channel.configureBlocking(false);
    return channel;
  }

  private int millisLeft(int peer) {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new ExchangeException(
          "worker %d at %s was not there in time".formatted(peer, addresses.get(peer)));
    }
    return (int) Math.min(left, Integer.MAX_VALUE);
  }

  /// `worker 1 at host:port` of each, for messages.
  static List<String> names(List<InetSocketAddress> addresses) {
    return IntStream.range(0, addresses.size())
        .mapToObj(
            peer ->
                "worker %d at %s:%d"
                    .formatted(
                        peer, addresses.get(peer).getHostString(), addresses.get(peer).getPort()))
        .toList();
  }

  static void close(@Nullable SocketChannel[] channels) {
    for (SocketChannel channel : channels) {
      if (channel != null) {
        try {
          channel.close();
        } catch (IOException _) {
          // the other end finds out all the same
        }
      }
    }
  }
}
