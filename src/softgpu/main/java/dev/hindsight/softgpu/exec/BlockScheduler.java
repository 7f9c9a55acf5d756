package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Finding;
import dev.hindsight.softgpu.check.Findings;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Runs the blocks of a launch: one after another, on several host threads, or, for a cooperative
/// launch, all at once in turns.
public final class BlockScheduler {
  private final Launch launch;
  private final boolean cooperative;
  private final boolean counting;
  private final Counters total;
  private final Sample sample;

  /// @param cooperative whether all blocks run at once, in turns
  public BlockScheduler(Launch launch, boolean cooperative) {
    this.launch = launch;
    this.cooperative = cooperative;
    this.counting = launch.options.counters();
    this.total = new Counters(counting ? launch.program.code().length : 0);
    this.sample = Sample.of(launch.grid.count(), cooperative ? 0 : launch.options.sampledBlocks());
  }

  /// Runs all blocks to their end. Counts them where the launch asks for it, else null.
  ///
  /// @throws DeviceFault when a check found something
  public @Nullable LaunchCounters run() {
    if (cooperative) {
      together();
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
      throw new DeviceFault(found);
    }
    total.scale(sample.all(), sample.count());
    return counting ? Summary.of(launch, total) : null;
  }

  private int workers() {
    boolean ordered =
        launch.program.hasAtomics()
            || launch.globalRaces != null
            || launch.options.scheduleSeed() != 0;
    return ordered ? 1 : (int) Math.min(launch.options.threads(), sample.count());
  }

  private @Nullable Counters counters() {
    return counting ? new Counters(launch.program.code().length) : null;
  }

  private void inOrder() {
    Counters counters = counters();
    Block block = new Block(launch, counters);
    long count = sample.count();
    SplittableRandom random = new SplittableRandom(launch.options.scheduleSeed());
    long first = launch.seeded ? random.nextLong(count) : 0;
    try {
      for (long n = 0; n < count; n++) {
        block.start(sample.at((first + n) % count));
        while (!block.advance()) {}
      }
    } catch (Abort stopped) {
      requireFindings(stopped);
    }
    add(counters);
  }

  private void inParallel(int workers) {
    AtomicLong next = new AtomicLong();
    AtomicBoolean stop = new AtomicBoolean();
    IntStream.range(0, workers)
        .parallel()
        .forEach(
            _ -> {
              Counters counters = counters();
              Block block = new Block(launch, counters);
              try {
                long number = next.getAndIncrement();
                while (number < sample.count() && !stop.get()) {
                  block.start(sample.at(number));
                  while (!block.advance()) {}
                  number = next.getAndIncrement();
                }
              } catch (Abort stopped) {
                stop.set(true);
                requireFindings(stopped);
              }
              add(counters);
            });
  }

  private void together() {
    Counters counters = counters();
    List<Block> running = new ArrayList<>();
    for (long n = 0; n < launch.grid.count(); n++) {
      Block block = new Block(launch, counters);
      block.start(n);
      running.add(block);
    }
    try {
      while (!running.isEmpty()) {
        running.removeIf(Block::advance);
      }
    } catch (Abort stopped) {
      requireFindings(stopped);
    }
    add(counters);
  }

  /// An abort without a finding would be a launch that failed silently.
  private void requireFindings(Abort stopped) {
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
