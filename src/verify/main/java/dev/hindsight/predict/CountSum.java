package dev.hindsight.predict;

import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.KernelCounts.Traffic;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// Counts of a launch that nobody ran, from those of two shorter ones that do the same more or less
/// often: a·x + b·y, rounded.
record CountSum(double a, double b) {
  /// What `few` does, and `times` what `more` does beyond it.
  static KernelCounts onward(KernelCounts few, KernelCounts more, long times) {
    return new CountSum(1.0 - times, (double) times).of(few, more);
  }

  /// What `more` does beyond `few`.
  static KernelCounts difference(KernelCounts few, KernelCounts more) {
    return new CountSum(-1, 1).of(few, more);
  }

  /// The same work by another number of blocks.
  static KernelCounts onBlocks(KernelCounts counts, long blocks) {
    return new KernelCounts(
        counts.kernel(),
        blocks,
        counts.threads(),
        counts.dynamicShared(),
        counts.instructions(),
        counts.busiest(),
        counts.threadInstructions(),
        counts.global(),
        counts.shared(),
        counts.flops(),
        counts.addresses());
  }

  /// @param x whose grid the sum has
  KernelCounts of(KernelCounts x, KernelCounts y) {
    SortedMap<String, Long> instructions = new TreeMap<>();
    var kinds = new TreeSet<>(x.instructions().keySet());
    kinds.addAll(y.instructions().keySet());
    for (String kind : kinds) {
      long first = x.instructions().getOrDefault(kind, 0L);
      instructions.put(kind, of(first, y.instructions().getOrDefault(kind, 0L)));
    }
    return new KernelCounts(
        x.kernel(),
        x.blocks(),
        x.threads(),
        x.dynamicShared(),
        instructions,
        of(x.busiest(), y.busiest()),
        of(x.threadInstructions(), y.threadInstructions()),
        of(x.global(), y.global()),
        of(x.shared(), y.shared()),
        of(x.flops(), y.flops()),
        x.addresses());
  }

  private Traffic of(Traffic x, Traffic y) {
    return new Traffic(
        of(x.requests(), y.requests()), of(x.moved(), y.moved()), of(x.ideal(), y.ideal()));
  }

  private long of(long x, long y) {
    return Math.round(a * x + b * y);
  }
}
