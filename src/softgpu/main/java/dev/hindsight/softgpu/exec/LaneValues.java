package dev.hindsight.softgpu.exec;

/// What lanes bring to a collective and take from it: 32 words each and back 16, or more where one
/// makes room.
public final class LaneValues {
  /// `in[word][lane]`
  public int[][] in = new int[32][Warp.LANES];

  /// `out[word][lane]`
  public int[][] out = new int[16][Warp.LANES];

  /// What lanes move between registers and memory, where, and by which stride.
  final long[] words = new long[Warp.LANES];

  final long[] addresses = new long[Warp.LANES];
  final int[] strides = new int[Warp.LANES];

  /// Predicate results, one bit a lane.
  public int preds;

  /// Makes room for so many words each way.
  void room(int words) {
    if (in.length < words) {
      in = new int[words][Warp.LANES];
    }
    if (out.length < words) {
      out = new int[words][Warp.LANES];
    }
  }
}
