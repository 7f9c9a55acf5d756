package dev.hindsight.exchange;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Connects a worker with all others: it calls those of a lower rank and is called by the rest.
///
/// The port is open to the network, so callers are served in parallel, each with a deadline for its
/// greeting, and the oldest of too many is refused: a caller that holds its connection open cannot
/// block the workers.
final class Peers {
  /// For a complete greeting; a worker sends it at once.
  private static final Duration GREETING = Duration.ofSeconds(2);

  private static final int MOST_CALLERS = 64;
  private static final int MOST_NAMED = 16;
  private static final long PAUSE_MILLIS = 50;

  private final Handshake handshake;
  private final List<InetSocketAddress> addresses;
  private final long deadline;
  private final @Nullable SocketChannel[] channels;
  private final Set<SocketChannel> greeting = new LinkedHashSet<>(); // the oldest first
  private final Set<InetAddress> strangers = new HashSet<>();

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
      if (peers.missing() != null) {
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
  private synchronized @Nullable Integer missing() {
    for (int peer = handshake.rank() + 1; peer < channels.length; peer++) {
      if (channels[peer] == null) {
        return peer;
      }
    }
    return null;
  }

  private SocketChannel call(int peer) {
    while (true) {
      try {
        return tryCall(peer);
      } catch (ConnectException e) {
        throw unreachable(peer, e); // it listened before we knew its address, so it is gone
      } catch (EOFException | SocketException e) {
        requireTime(peer, e); // it may have been busy with strangers
      } catch (IOException e) {
        throw unreachable(peer, e);
      }
    }
  }

  private SocketChannel tryCall(int peer) throws IOException {
    SocketChannel channel = SocketChannel.open();
    boolean greeted = false;
    try {
      channel.socket().connect(addresses.get(peer), millisLeft(peer));
      handshake.call(channel.socket(), peer, Duration.ofMillis(millisLeft(peer)));
      greeted = true;
      return ready(channel);
    } finally {
      if (!greeted) {
        channel.close();
      }
    }
  }

  /// Pauses before the next call, or fails where there is no time for one.
  private void requireTime(int peer, IOException failure) {
    try {
      if (deadline - System.nanoTime() <= PAUSE_MILLIS * 1_000_000) {
        throw unreachable(peer, failure);
      }
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unreachable(peer, failure);
    }
  }

  private ExchangeException unreachable(int peer, IOException e) {
    String address = addresses.get(peer).toString();
    return new ExchangeException(
        "worker %d at %s cannot be reached (%s)".formatted(peer, address, e.getMessage()), e);
  }

  /// Takes calls until all workers have called.
  private void accept(ServerSocketChannel server) {
    try (Selector selector = Selector.open();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      server.configureBlocking(false);
      server.register(selector, SelectionKey.OP_ACCEPT);
      try {
        for (Integer missing = missing(); missing != null; missing = missing()) {
          selector.select(millisLeft(missing));
          requireNoInterrupt();
          selector.selectedKeys().clear();
          SocketChannel caller = server.accept();
          if (caller != null) {
            caller.configureBlocking(true);
            admit(caller);
            threads.execute(() -> greet(caller, selector));
          }
        }
      } finally {
        closeCallers(); // or the threads would wait for them
      }
    } catch (IOException e) {
      throw new ExchangeException(
          "cannot accept connections of workers (%s)".formatted(e.getMessage()), e);
    }
  }

  private void requireNoInterrupt() {
    if (Thread.currentThread().isInterrupted()) {
      throw new ExchangeException("worker %d was interrupted".formatted(handshake.rank()));
    }
  }

  /// Where too many are at it, the one that has been for longest is no worker.
  private synchronized void admit(SocketChannel caller) throws IOException {
    if (greeting.size() == MOST_CALLERS) {
      SocketChannel oldest = greeting.iterator().next();
      greeting.remove(oldest);
      oldest.close();
    }
    greeting.add(caller);
  }

  private synchronized void closeCallers() throws IOException {
    for (SocketChannel caller : greeting) {
      caller.close();
    }
  }

  /// Takes one caller's greeting. A stranger's call is ended.
  private void greet(SocketChannel caller, Selector selector) {
    try {
      @Nullable Integer rank = null;
      InetAddress address = caller.socket().getInetAddress();
      try {
        rank = handshake.answer(caller.socket(), GREETING);
      } catch (IOException _) {
        // it gave none, or too little: no worker does
      }
      if (!isWorker(rank, caller)) {
        caller.close();
        name(address);
      }
    } catch (IOException _) {
      // it is gone
    } finally {
      selector.wakeup();
    }
  }

  private synchronized boolean isWorker(@Nullable Integer rank, SocketChannel caller)
      throws IOException {
    if (!greeting.remove(caller)
        || rank == null
        || rank < handshake.rank()
        || channels[rank] != null) {
      return false;
    }
    channels[rank] = ready(caller);
    return true;
  }

  private synchronized void name(InetAddress stranger) {
    if (strangers.size() < MOST_NAMED && missing() != null && strangers.add(stranger)) {
      System.err.printf(
          "hindsight: %s connects to worker %d without the job's token and is refused%n",
          stranger.getHostAddress(), handshake.rank());
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
          "worker %d at %s did not connect in time".formatted(peer, addresses.get(peer)));
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
