package dev.hindsight.backend;

/// The taps of a k x k convolution kernel that exist at all. A tap that does not exist has no
/// weight, so nothing can leak through it.
///
/// @param k height and width of the kernel, 1 to 9
/// @param bits bit `row·k + column` is set where the tap exists, of which there are 64: none of a
///   later tap exists
public record Taps(int k, long bits) {
  public Taps {
    if (k < 1 || k > 9) {
      throw new IllegalArgumentException("taps: k must be from 1 to 9 but is " + k);
    }
  }

  /// Type A: strictly before the centre in raster order (van den Oord et al. 2016, arXiv
  /// 1601.06759, section 3.4).
  public static Taps before(int k) {
    return where(k, (row, column) -> row < k / 2 || (row == k / 2 && column < k / 2));
  }

  /// Type B: the centre and everything before it (the same section).
  public static Taps upTo(int k) {
    return where(k, (row, column) -> row < k / 2 || (row == k / 2 && column <= k / 2));
  }

  /// The vertical stack: whole rows above, and the centre's row where the input already looks back
  /// (van den Oord et al. 2016, arXiv 1606.05328, section 2.2).
  public static Taps above(int k, boolean withCentreRow) {
    return where(k, (row, column) -> withCentreRow ? row <= k / 2 : row < k / 2);
  }

  /// The horizontal stack: the centre's row to the left, and the centre itself where the input
  /// already looks back (the same section).
  public static Taps left(int k, boolean withCentre) {
    return where(
        k, (row, column) -> row == k / 2 && (withCentre ? column <= k / 2 : column < k / 2));
  }

  /// All of the centre's row: what a row may hear of the row before it, which is whole (van den
  /// Oord et al. 2016, arXiv 1601.06759, section 3.1).
  public static Taps row(int k) {
    return where(k, (row, column) -> row == k / 2);
  }

  /// The one tap right above the centre: a 1 x 1 convolution of the image shifted down by a row,
  /// which is how the vertical stack may feed the horizontal one (the same section).
  public static Taps oneAbove() {
    return where(3, (row, column) -> row == 0 && column == 1);
  }

  /// The one tap to the right of the centre: what a row may hear of one that is gone through from
  /// right to left.
  public static Taps oneRight() {
    return where(3, (row, column) -> row == 1 && column == 2);
  }

  /// Two of the column before, in the row above and in the centre's: what a pixel of an image that
  /// is skewed may hear of the diagonal before (van den Oord et al. 2016, arXiv 1601.06759, section
  /// 3.2).
  public static Taps columnBefore() {
    return where(3, (row, column) -> row < 2 && column == 0);
  }

  private interface Rule {
    boolean keeps(int row, int column);
  }

  private static Taps where(int k, Rule rule) {
    long bits = 0;
    for (int tap = 0; tap < k * k; tap++) {
      if (rule.keeps(tap / k, tap % k)) {
        bits |= 1L << tap;
      }
    }
    return new Taps(k, bits);
  }

  /// Rows from the centre to a tap of number `row·k + column`, downwards.
  public int down(int tap) {
    return tap / k - k / 2;
  }

  /// Columns from the centre to a tap, to the right.
  public int right(int tap) {
    return tap % k - k / 2;
  }

  /// Rows above the centre that are read, at most.
  public int reach() {
    return bits == 0 ? 0 : Math.max(0, -down(Long.numberOfTrailingZeros(bits)));
  }

  /// Whether a tap lies below the centre.
  public boolean looksDown() {
    return bits != 0 && down(63 - Long.numberOfLeadingZeros(bits)) > 0;
  }

  public int count() {
    return Long.bitCount(bits);
  }

  /// Which taps exist, as `row·k + column`, ascending: weight `n` of a masked convolution belongs
  /// to `live()[n]`.
  public int[] live() {
    int[] live = new int[count()];
    long left = bits;
    for (int n = 0; n < live.length; n++, left &= left - 1) {
      live[n] = Long.numberOfTrailingZeros(left);
    }
    return live;
  }
}
