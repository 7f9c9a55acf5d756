package dev.hindsight.exchange;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.GpuStream;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Workers whose GPUs are connected by NCCL, each with each; nothing goes through a host's memory.
/// As in [TcpExchange] each gets its slice of all, adds up and hands the sum out. NCCL moves bytes
/// and no more: the additions are the backend's own, in the tree's order, to the same bits.
///
/// A gradient travels as it lies, and so do the zeros of masked weights: to leave them out would
/// take two more passes over it.
public final class NcclExchange implements Exchange {
  /// Slices begin where a kernel can read 16 bytes at once.
  private static final int ALIGNED = 4;

  private final int rank;
  private final int world;
  private final Lifelines others;
  private final NcclCommunicator communicator;
  private final Map<Cut, Tensor[]> received = new HashMap<>();
  private @Nullable Scope memory;

  private enum Role {
    GRADIENT,
    LOSSES
  }

  /// By what others' slices are kept: gradient and losses may be equally long, and travel together.
  private record Cut(Role role, long size) {}

  /// One of the two tensors of an exchange.
  private record Part(Role role, Tensor whole) {
    Cut cut() {
      return new Cut(role, whole.size());
    }
  }

  private NcclExchange(int rank, int world, Lifelines others, NcclCommunicator communicator) {
    this.rank = rank;
    this.world = world;
    this.others = others;
    this.communicator = communicator;
  }

  /// The id of a new exchange, for [#connect]. One worker creates it and sends it to the others.
  ///
  /// @throws ExchangeException when there is no NCCL
  public static byte[] uniqueId() {
    return Nccl.load().uniqueId();
  }

  /// Connects with all other workers.
  ///
  /// @param stream of the backend that [#sum] is given
  /// @param uniqueId the same for all
  /// @param addresses of all workers by rank, our own included; over these connections no numbers
  ///   go, but it is seen that a worker is gone
  /// @param server bound to our own address
  /// @param token of the job, secret
  /// @param patience how long a worker may be silent, now and in every step
  /// @throws ExchangeException when there is no NCCL here, or not all of them are there in time
  public static NcclExchange connect(
      GpuStream stream,
      byte[] uniqueId,
      int rank,
      List<InetSocketAddress> addresses,
      ServerSocketChannel server,
      String token,
      Duration patience) {
    Nccl nccl = Nccl.load();
    int world = addresses.size();
    Lifelines others =
        Lifelines.connect(new Handshake(token, rank, world), addresses, server, patience);
    boolean whole = false;
    try {
      var communicator =
          new NcclCommunicator(nccl, stream, uniqueId, rank, world, patience, others);
      whole = true;
      return new NcclExchange(rank, world, others, communicator);
    } finally {
      if (!whole) {
        others.close();
      }
    }
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int world() {
    return world;
  }

  @Override
  public void sum(Backend backend, Tensor gradient, Tensor nll) {
    others.next();
    List<Part> both = List.of(new Part(Role.GRADIENT, gradient), new Part(Role.LOSSES, nll));
    both.forEach(part -> received(backend, part)); // reserved before the first message
    communicator.group(() -> both.forEach(part -> scatter(backend, part)));
    both.forEach(part -> addUp(backend, part));
    communicator.group(() -> both.forEach(part -> gather(part.whole())));
    communicator.finish();
  }

  /// Sends each its slice and gets ours of all others.
  private void scatter(Backend backend, Part part) {
    Tensor whole = part.whole();
    Tensor[] parts = received(backend, part);
    for (int peer = 0; peer < world; peer++) {
      if (peer != rank) {
        send(slice(whole, peer), peer);
        receive(parts[peer], peer);
      }
    }
  }

  private void addUp(Backend backend, Part part) {
    Tensor own = slice(part.whole(), rank);
    if (own.size() > 0) {
      Tensor[] parts = received(backend, part).clone();
      parts[rank] = own;
      Shards.sum(parts, (left, right) -> backend.add().accumulate(right, left));
      if (rank > 0) {
        backend.copy(parts[0], own);
      }
    }
  }

  /// Sends our slice to all others and gets theirs.
  private void gather(Tensor whole) {
    for (int peer = 0; peer < world; peer++) {
      if (peer != rank) {
        send(slice(whole, rank), peer);
        receive(slice(whole, peer), peer);
      }
    }
  }

  private void send(Tensor slice, int peer) {
    if (slice.size() > 0) {
      communicator.send(slice, peer);
    }
  }

  private void receive(Tensor slice, int peer) {
    if (slice.size() > 0) {
      communicator.receive(slice, peer);
    }
  }

  /// The slice of a tensor that a worker adds up; the last ones may be shorter, or nothing.
  private Tensor slice(Tensor whole, int worker) {
    long each = (whole.size() + world - 1) / world;
    each = (each + ALIGNED - 1) / ALIGNED * ALIGNED;
    long from = Math.min(whole.size(), worker * each);
    long to = Math.min(whole.size(), from + each);
    return whole.part(from, Shape.of(Math.toIntExact(to - from)));
  }

  /// Where the others' parts of our slice go, by worker.
  private Tensor[] received(Backend backend, Part part) {
    return received.computeIfAbsent(
        part.cut(),
        _ -> {
          int length = Math.toIntExact(slice(part.whole(), rank).size());
          Tensor[] parts = new Tensor[world];
          for (int peer = 0; peer < world; peer++) {
            parts[peer] = memory(backend).floats(peer == rank ? 0 : length);
          }
          return parts;
        });
  }

  private Scope memory(Backend backend) {
    if (memory == null) {
      memory = backend.open("exchange");
    }
    return memory;
  }

  @Override
  public void close() {
    boolean inOrder = !communicator.ended();
    communicator.close();
    if (inOrder) {
      others.leave();
    }
    others.close();
    if (memory != null) {
      memory.close();
      memory = null;
    }
  }
}
