package dev.hindsight.backend.cpu.machine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Steps that follow one another, each cut into shares: a step begins when all shares of the one
/// before are written.
///
/// Where a step is short, a thread that loses its core to another program would hold up the others
/// for many steps' time. So no thread waits for one that is late: it computes the late share
/// itself. That is why computing a share writes to the thread's own memory alone, and whoever is
/// first to finish writes what came out; both have the same bits. What the late thread then reads
/// may be changing, and what it computes is dropped.
public final class Recurrence {
  /// What a step does.
  public interface Work {
    /// Computes a share from what the steps before wrote, into the worker's own memory.
    void compute(int step, int share, int worker);

    /// Writes what the worker computed, once for each share of a step. It is short: a thread that
    /// loses its core here does hold up the others.
    void write(int step, int share, int worker);
  }

  private final ThreadPool workers;
  private final int steps;
  private final int shares;
  private final Work work;

  /// Shares that have been begun, of all steps.
  private final AtomicInteger begun = new AtomicInteger();

  /// Shares that have been written, of all steps; so the step is this divided by [#shares].
  private final AtomicInteger written = new AtomicInteger();

  /// Of each share, the steps for which somebody has begun to write it.
  private final AtomicIntegerArray taken;

  private volatile boolean failed;

  private Recurrence(ThreadPool workers, int steps, int shares, Work work) {
    Math.multiplyExact(steps, shares); // or the counters would overflow
    this.workers = workers;
    this.steps = steps;
    this.shares = shares;
    this.work = work;
    this.taken = new AtomicIntegerArray(shares);
  }

  /// Runs all steps, and returns when no thread computes any more.
  public static void run(ThreadPool workers, int steps, int shares, Work work) {
    if (shares == 1) { // one thread needs no meeting
      for (int step = 0; step < steps; step++) {
        work.compute(step, 0, 0);
        work.write(step, 0, 0);
      }
      return;
    }
    Recurrence recurrence = new Recurrence(workers, steps, shares, work);
    workers.run(Math.min(workers.count(), shares), (index, worker) -> recurrence.takePart(worker));
  }

  private void takePart(int worker) {
    boolean ended = false;
    try {
      long nanos = Long.MAX_VALUE; // who has computed no share cannot tell who is late
      for (int step = step(); step < steps && !failed; step = step()) {
        workers.settle(worker);
        int next = begun.get();
        if (next / shares == step) {
          if (begun.compareAndSet(next, next + 1)) {
            nanos = Math.min(nanos, compute(step, next % shares, worker));
          }
        } else if (!othersFinish(step, nanos)) {
          computeLate(step, worker);
        }
      }
      ended = true;
    } finally {
      if (!ended) {
        failed = true; // nobody waits for what will not be written
      }
    }
  }

  private int step() {
    return written.get() / shares;
  }

  /// How long it took.
  private long compute(int step, int share, int worker) {
    long start = System.nanoTime();
    work.compute(step, share, worker);
    if (taken.compareAndSet(share, step, step + 1)) {
      work.write(step, share, worker);
      written.incrementAndGet();
    }
    return System.nanoTime() - start;
  }

  /// Whether they write all shares of a step in that time, which is what a share takes: the last of
  /// them was begun before this thread found none left.
  @SuppressWarnings("ThreadPriorityCheck") // yields only when the machine is crowded
  private boolean othersFinish(int step, long nanos) {
    long start = System.nanoTime();
    for (int spins = 0; step() == step && !failed; spins++) {
      if (spins < 1000) {
        Thread.onSpinWait();
      } else if (System.nanoTime() - start > nanos) {
        return false;
      } else {
        Thread.yield();
      }
    }
    return true;
  }

  /// A share that nobody has begun to write; each thread looks from another one on.
  private void computeLate(int step, int worker) {
    for (int k = 0; k < shares; k++) {
      int share = (worker + k) % shares;
      if (taken.get(share) == step) {
        compute(step, share, worker);
        return;
      }
    }
  }
}
