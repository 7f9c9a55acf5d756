package dev.hindsight.exchange;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.hindsight.backend.GpuStream;
import dev.hindsight.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// A communicator of NCCL that never blocks, so a wait notices when other workers are gone. Then
/// all work in flight is aborted, also on the GPU, and the communicator cannot be used any more.
final class NcclCommunicator implements AutoCloseable {
  private static final long SPIN_NANOS = 200_000;
  private static final long PAUSE_NANOS = 20_000;
  private static final long LOOK_NANOS = 2_000_000;
  private static final Duration LAST_WAIT = Duration.ofSeconds(10);

  private static final String SEND = "ncclSend";
  private static final String RECEIVE = "ncclRecv";

  private final Nccl nccl;
  private final GpuStream stream;
  private final int rank;
  private final Duration patience;
  private final Lifelines others;
  private final MemorySegment out = Arena.ofAuto().allocate(ADDRESS); // NCCL writes it again later
  private final MemorySegment state = Arena.ofAuto().allocate(JAVA_INT);
  private final MemorySegment handle;
  private boolean ended;

  /// Makes it together with the others.
  ///
  /// @param stream in which all happens
  /// @param uniqueId the same for all
  /// @param patience how long nothing may happen, now and later
  /// @throws ExchangeException when not all of them take part
  NcclCommunicator(
      Nccl nccl,
      GpuStream stream,
      byte[] uniqueId,
      int rank,
      int world,
      Duration patience,
      Lifelines others) {
    this.nccl = nccl;
    this.stream = stream;
    this.rank = rank;
    this.patience = patience;
    this.others = others;
    stream.address(); // NCCL takes the GPU whose context is current
    int result = nccl.initialize(out, uniqueId, rank, world);
    handle = out.get(ADDRESS, 0);
    ended = handle.address() == 0;
    orAbort(
        () -> {
          nccl.check("ncclCommInitRankConfig", result);
          await("ncclCommInitRankConfig", () -> true);
        });
  }

  /// Moves tensors, all at once, in the order of the stream. When it returns, NCCL has queued them,
  /// and more may be queued behind.
  ///
  /// @param moves calls [#send] and [#receive]
  void group(Runnable moves) {
    orAbort(
        () -> {
          nccl.check("ncclGroupStart", nccl.groupStart());
          boolean whole = false;
          try {
            moves.run();
            whole = true;
          } finally {
            int result = nccl.groupEnd(); // else the thread would stay inside the group
            if (whole) {
              nccl.check("ncclGroupEnd", result);
            }
          }
          await("the messages of a step", () -> true);
        });
  }

  void send(Tensor tensor, int peer) {
    move(SEND, tensor, peer);
  }

  void receive(Tensor tensor, int peer) {
    move(RECEIVE, tensor, peer);
  }

  private void move(String name, Tensor tensor, int peer) {
    nccl.check(
        name, nccl.move(name, tensor.address(), tensor.bytes(), peer, handle, stream.address()));
  }

  /// Waits until all that was queued is done.
  void finish() {
    orAbort(() -> await("the messages of a step", stream::idle));
  }

  /// Waits until NCCL has done what it was asked for, and then for `done`.
  private void await(String what, BooleanSupplier done) {
    long start = System.nanoTime();
    long looked = start;
    while (true) {
      int now = nccl.state(handle, state);
      nccl.check(what, now);
      if (now == Nccl.SUCCESS && done.getAsBoolean()) {
        return;
      }
      long time = System.nanoTime();
      if (time - looked > LOOK_NANOS) {
        looked = time;
        if (Thread.currentThread().isInterrupted()) {
          throw new ExchangeException("worker %d was interrupted".formatted(rank));
        }
        others.requireAll();
        if (time - start > patience.toNanos()) {
          throw new ExchangeException(
              "no answer for %.1f s from %s".formatted(patience.toMillis() / 1e3, others));
        }
      }
      pause(time - start);
    }
  }

  private static void pause(long waited) {
    if (waited < SPIN_NANOS) {
      Thread.onSpinWait();
    } else {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void orAbort(Runnable work) {
    if (ended && handle.address() != 0) {
      throw new ExchangeException("worker %d has left the exchange".formatted(rank));
    }
    boolean whole = false;
    try {
      work.run();
      whole = true;
    } finally {
      if (!whole) {
        abort();
      }
    }
  }

  /// Aborts what hangs on the GPU; the result does not matter.
  private void abort() {
    if (!ended) {
      ended = true;
      nccl.of("ncclCommAbort", handle);
    }
  }

  /// Whether it was aborted, or never came to be.
  boolean ended() {
    return ended;
  }

  /// Lets what is under way come to its end, if it does.
  @Override
  public void close() {
    if (!ended) {
      stream.address();
      int result = nccl.of("ncclCommFinalize", handle);
      long start = System.nanoTime();
      while (result == Nccl.IN_PROGRESS && System.nanoTime() - start < LAST_WAIT.toNanos()) {
        LockSupport.parkNanos(PAUSE_NANOS);
        result = nccl.state(handle, state);
      }
      if (result == Nccl.SUCCESS) {
        ended = true;
        nccl.of("ncclCommDestroy", handle);
      }
      abort();
    }
  }
}
