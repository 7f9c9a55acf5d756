package dev.hindsight.bench.device;

/// How much is done for a time.
///
/// @param repetitions of the graph, each with a flushed L2
/// @param graphMicroseconds that a graph should take at least
/// @param mostLaunches in a graph
/// @param copyFloats of the copy that measures memory
/// @param turns of the kernels that measure arithmetic
/// @param flush whether L2 is flushed
public record Effort(
    int repetitions,
    double graphMicroseconds,
    int mostLaunches,
    int copyFloats,
    int turns,
    boolean flush) {

  /// On a GPU: a time to rely on.
  public static final Effort GPU = new Effort(20, 1000, 100, 64 << 20, 2048, true);

  /// On the software GPU: that everything runs.
  public static final Effort SOFTWARE = new Effort(3, 0, 2, 1 << 12, 1, false);
}
