package dev.hindsight.softgpu.exec;

import java.util.TreeSet;

/// The order of blocks that run at the same time on several threads. A block that is about to do an
/// atomic waits until all before it have ended, so which thread is faster changes no result.
final class Turns {
  private final long count;
  private final TreeSet<Long> running = new TreeSet<>();
  private long next;
  private boolean stopped;

  Turns(long count) {
    this.count = count;
  }

  /// Gives out the next place in the order; -1 when there is none.
  synchronized long take() {
    if (stopped || next == count) {
      return -1;
    }
    running.add(next);
    return next++;
  }

  /// The block at a place has ended.
  synchronized void end(long place) {
    running.remove(place);
    notifyAll();
  }

  /// Gives out no more places, and lets nobody wait.
  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /// Returns when all blocks before a place have ended.
  synchronized void await(long place) {
    while (!stopped && running.first() < place) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        stop();
      }
    }
  }
}
