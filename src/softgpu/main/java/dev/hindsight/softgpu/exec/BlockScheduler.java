package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Finding;
import dev.hindsight.softgpu.check.Findings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Runs the blocks of a launch, cluster by cluster: one after another, on several host threads, or
/// in turns: all at once for a cooperative launch, and some at a time, in any order, where a
/// schedule is asked for.
public final class BlockScheduler {
  /// Clusters that a schedule has under way.
  private static final int UNDER_WAY = 8;

  private final Launch launch;
  private final boolean cooperative;
  private final boolean counting;
  private final Counters total;
  private final long count;
  private volatile boolean aborted;

  /// @param cooperative whether all blocks run at once, in turns
  public BlockScheduler(Launch launch, boolean cooperative) {
    this.launch = launch;
    this.cooperative = cooperative;
    this.counting = launch.options.counting();
    this.total = new Counters(counting ? launch.program.code().length : 0);
    this.count = launch.clusters.count();
  }

  /// Runs all blocks to their end. Counts them where the launch asks for it, else null.
  ///
  /// @throws DeviceFault when a check found something
  public @Nullable LaunchCounters run() {
    if (cooperative) {
      together();
    } else if (launch.seeded) {
      inAnyOrder();
    } else {
      int workers = workers();
      if (workers == 1) {
        inOrder();
      } else {
        inParallel(workers);
      }
    }
    if (!launch.findings.isEmpty()) {
      List<Finding> found = launch.findings.list(Findings.hostStack());
      throw new DeviceFault(found, !aborted);
    }
    return counting ? Summary.of(launch, total) : null;
  }

  private int workers() {
    boolean ordered = launch.globalRaces != null;
    return ordered ? 1 : (int) Math.min(launch.options.schedule().threads(), count);
  }

  private @Nullable Counters counters() {
    return counting ? new Counters(launch.program.code().length) : null;
  }

  private void inOrder() {
    Counters counters = counters();
    Cluster cluster = new Cluster(launch, counters);
    try {
      for (long n = 0; n < count; n++) {
        cluster.start(n);
        while (!cluster.advance()) {}
      }
    } catch (Abort stopped) {
      requireFindings(stopped);
    }
    add(counters);
  }

  private void inParallel(int workers) {
    Turns turns = new Turns(count);
    IntStream.range(0, workers)
        .parallel()
        .forEach(
            _ -> {
              Counters counters = counters();
              Cluster cluster = new Cluster(launch, counters);
              boolean ended = false;
              try {
                for (long place = turns.take(); place >= 0; place = turns.take()) {
                  cluster.start(place, turns, place);
                  while (!cluster.advance()) {}
                  turns.end(place);
                }
                ended = true;
              } catch (Abort stopped) {
                requireFindings(stopped);
              } finally {
                if (!ended) {
                  turns.stop();
                }
              }
              add(counters);
            });
  }

  private void inAnyOrder() {
    SplittableRandom random = new SplittableRandom(launch.options.schedule().seed());
    long stride = count < 3 ? 1 : random.nextLong(1, count);
    while (greatestCommonDivisor(stride, count) != 1) {
      stride++;
    }
    long first = random.nextLong(count);
    Counters counters = counters();
    Deque<Cluster> idle = new ArrayDeque<>();
    List<Cluster> running = new ArrayList<>();
    try {
      for (long n = 0; n < count || !running.isEmpty(); ) {
        if (n < count && running.size() < UNDER_WAY) {
          Cluster cluster = idle.isEmpty() ? new Cluster(launch, counters) : idle.pop();
          cluster.start((first + n++ * stride) % count);
          running.add(cluster);
          continue;
        }
        int turn = random.nextInt(running.size());
        if (running.get(turn).advance()) {
          idle.push(running.remove(turn));
        }
      }
    } catch (Abort stopped) {
      requireFindings(stopped);
    }
    add(counters);
  }

  private static long greatestCommonDivisor(long a, long b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }

  private void together() {
    Counters counters = counters();
    List<Cluster> running = new ArrayList<>();
    for (long n = 0; n < count; n++) {
      Cluster cluster = new Cluster(launch, counters);
      cluster.start(n);
      running.add(cluster);
    }
    try {
      while (!running.isEmpty()) {
        running.removeIf(Cluster::advance);
      }
    } catch (Abort stopped) {
      requireFindings(stopped);
    }
    add(counters);
  }

  /// An abort without a finding would be a launch that failed silently.
  private void requireFindings(Abort stopped) {
    aborted = true;
    if (launch.findings.isEmpty()) {
      throw new IllegalStateException("launch stopped without a finding", stopped);
    }
  }

  private void add(@Nullable Counters counters) {
    if (counters != null) {
      synchronized (total) {
        total.add(counters);
      }
    }
  }
}
