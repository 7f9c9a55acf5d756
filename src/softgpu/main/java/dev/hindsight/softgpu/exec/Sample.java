package dev.hindsight.softgpu.exec;

/// Which blocks of a grid are run, where not all are: spread over it evenly, each at another place
/// of its share, so that a pattern in the grid does not fall in step with the choice.
///
/// @param all blocks of the grid
/// @param count that are run
public record Sample(long all, long count) {
  private static final double GOLDEN = 0.6180339887498949;

  /// Of so many blocks.
  ///
  /// @param most that may be run; 0 = all
  public static Sample of(long all, int most) {
    return new Sample(all, most == 0 ? all : Math.min(all, most));
  }

  /// The block that is run as number `k`; they ascend.
  public long at(long k) {
    if (count == all) {
      return k;
    }
    double within = k * GOLDEN % 1;
    return Math.min(all - 1, (long) ((k + within) * all / count));
  }
}
