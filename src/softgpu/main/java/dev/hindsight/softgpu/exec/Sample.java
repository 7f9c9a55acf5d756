package dev.hindsight.softgpu.exec;

/// Which blocks of a grid are run, where not all are: spread over it evenly, each at another place
/// of its share, so that a pattern in the grid does not fall in step with the choice.
///
/// Blocks that work together, as those above each other do where they share a sum, are run or left
/// out together.
///
/// @param all blocks of the grid
/// @param count that are run
/// @param together how many blocks work together, those whose numbers are `all / together` apart
public record Sample(long all, long count, long together) {
  private static final double GOLDEN = 0.6180339887498949;

  /// Groups of blocks that are run at least: one alone would stand for all.
  private static final int FEWEST = 3;

  /// Of so many blocks, each by itself.
  ///
  /// @param most that may be run; 0 = all
  public static Sample of(long all, int most) {
    return of(all, 1, most);
  }

  /// Of blocks that work together.
  ///
  /// @param most that may be run, or a few groups where these are larger; 0 = all
  public static Sample of(long all, long together, int most) {
    long groups = all / together;
    long wanted = together == 1 ? most : Math.max(FEWEST, most / together);
    return new Sample(all, most == 0 ? all : Math.min(groups, wanted) * together, together);
  }

  /// The block that is run as number `k`; those of a group follow each other.
  public long at(long k) {
    if (count == all) {
      return k;
    }
    long groups = all / together;
    long group = k / together;
    long chosen = count / together;
    double within = group * GOLDEN % 1;
    long first = Math.min(groups - 1, (long) ((group + within) * groups / chosen));
    return first + k % together * groups;
  }
}
