package dev.hindsight.softgpu.exec;

/// What lanes bring to a collective and take from it: up to 32 words each and back 16.
public final class Exchange {
  /// `in[word][lane]`
  public final int[][] in = new int[32][Warp.LANES];

  /// `out[word][lane]`
  public final int[][] out = new int[16][Warp.LANES];

  /// What lanes move between registers and memory, where, and by which stride.
  final long[] words = new long[Warp.LANES];

  final long[] addresses = new long[Warp.LANES];
  final int[] strides = new int[Warp.LANES];

  /// Predicate results, one bit a lane.
  public int preds;
}
