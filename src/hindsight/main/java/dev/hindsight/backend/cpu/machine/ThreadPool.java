package dev.hindsight.backend.cpu.machine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A fixed pool: the calling thread and `threads - 1` others take the shares of a job in turn.
///
/// Which thread takes a share depends on timing, what a share computes does not. A thread without
/// work spins for some 50 microseconds, the pause between two ops of a step, then sleeps. One
/// caller at a time.
public final class ThreadPool implements AutoCloseable {
  /// One share of a job.
  @FunctionalInterface
  public interface Share {
    /// Computes it, on whichever thread got it.
    ///
    /// @param index from 0 to the number of shares - 1
    /// @param worker which of the threads runs it, for its scratch memory
    void run(int index, int worker);
  }

  /// A block of the rows of a job.
  @FunctionalInterface
  public interface Block {
    /// Works on rows `first .. first + count - 1`.
    void run(int first, int count, int worker);
  }

  private static final long SPIN_NANOS = 50_000;

  private final Worker[] others;
  private final Cores cores;
  private volatile @Nullable Job current;
  private volatile boolean closed;

  public ThreadPool(int threads) {
    cores = new Cores(threads);
    others = new Worker[threads - 1];
    for (int k = 0; k < others.length; k++) {
      others[k] = new Worker(k + 1);
      others[k].start();
    }
  }

  public int count() {
    return others.length + 1;
  }

  /// Which worker of its pool the calling thread is: 0 where it is of none, as who runs a job.
  public static int worker() {
    return Thread.currentThread() instanceof Worker worker ? worker.number : 0;
  }

  /// Runs shares `0 .. shares - 1` and returns when all are done. What a share throws is thrown
  /// here.
  public void run(int shares, Share share) {
    if (shares == 1 || others.length == 0) {
      for (int index = 0; index < shares; index++) {
        share.run(index, 0);
      }
      return;
    }
    Job job = new Job(shares, share);
    current = job;
    for (Worker worker : others) {
      worker.wake();
    }
    settle(0);
    job.help(0);
    job.await();
    current = null;
  }

  /// Runs blocks of `most` rows, the last of what is left: a share each.
  public void runBlocks(int rows, int most, Block block) {
    if (rows <= most) { // what is one block needs no description of it
      block.run(0, rows, 0);
      return;
    }
    run(
        Math.ceilDiv(rows, most),
        (share, worker) -> {
          int first = share * most;
          block.run(first, Math.min(most, rows - first), worker);
        });
  }

  /// Says that a thread goes on to work of a job, so that no two do on one core.
  void settle(int worker) {
    cores.settle(worker);
  }

  @Override
  public void close() {
    closed = true;
    for (Worker worker : others) {
      LockSupport.unpark(worker);
    }
  }

  private static final class Job {
    private static final VarHandle NEXT = field("next");
    private static final VarHandle DONE = field("done");

    private final int shares;
    private final Share share;
    private volatile int next;
    private volatile int done;
    private volatile @Nullable Throwable failure;

    Job(int shares, Share share) {
      this.shares = shares;
      this.share = share;
    }

    private static VarHandle field(String name) {
      try {
        return MethodHandles.lookup().findVarHandle(Job.class, name, int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    void help(int worker) {
      while (true) {
        int index = next < shares ? (int) NEXT.getAndAdd(this, 1) : shares;
        if (index >= shares) {
          return;
        }
        try {
          share.run(index, worker);
        } catch (RuntimeException | Error e) {
          failure = e; // the caller throws it; this thread must live on to count its shares
        } finally {
          DONE.getAndAdd(this, 1);
        }
      }
    }

    @SuppressWarnings("ThreadPriorityCheck") // yields only when the machine is crowded
    void await() {
      for (int spins = 0; done < shares; spins++) {
        if (spins < 1000) {
          Thread.onSpinWait();
        } else {
          Thread.yield(); // the other thread may have lost its core to another program
        }
      }
      switch (failure) {
        case null -> {}
        case Error e -> throw e;
        case RuntimeException e -> throw e;
        case Throwable e -> throw new IllegalStateException(e);
      }
    }
  }

  private final class Worker extends Thread {
    private final int number;
    private volatile boolean asleep;

    Worker(int number) {
      super("hindsight-cpu-" + number);
      this.number = number;
      setDaemon(true);
    }

    void wake() {
      if (asleep) {
        LockSupport.unpark(this);
      }
    }

    @Override
    public void run() {
      Job last = null;
      while (!closed) {
        Job job = current;
        if (job == null || job == last) {
          job = waitForAnother(last);
        }
        if (job != null) {
          settle(number);
          job.help(number);
          last = job;
        }
      }
    }

    private @Nullable Job waitForAnother(@Nullable Job last) {
      long until = System.nanoTime() + SPIN_NANOS;
      do {
        Job job = current;
        if (job != null && job != last) {
          return job;
        }
        Thread.onSpinWait();
      } while (System.nanoTime() < until);
      asleep = true;
      Job job = current;
      if ((job == null || job == last) && !closed) {
        LockSupport.park(this);
      }
      asleep = false;
      return null;
    }
  }
}
