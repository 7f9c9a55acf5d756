package dev.hindsight.softgpu.exec;

/// What lanes bring to a collective and take from it: up to 16 words each.
public final class Exchange {
  /// `in[word][lane]`
  public final int[][] in = new int[16][Warp.LANES];

  /// `out[word][lane]`
  public final int[][] out = new int[16][Warp.LANES];

  /// Predicate results, one bit a lane.
  public int preds;
}
