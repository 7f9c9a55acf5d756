package dev.hindsight.backend;

/// A diagonal of images whose rows lie in front of the batch, (T,B,W): what a Diagonal LSTM goes
/// through in one step (van den Oord et al. 2016, arXiv 1601.06759, section 3.2).
///
/// The paper skews an image, each row one place further than the one above, so that a diagonal
/// becomes a column of a map that is almost twice as wide. Here nothing is moved: from a pixel of a
/// diagonal to the next one, a row further down, is a fixed pitch, in one image of 28 columns 27
/// places or, where the LSTM goes to the left, 29.
///
/// Pixels of a diagonal are counted from above. What one hears of the diagonal before is what a
/// kernel of 2 x 1 sees of the skewed map's column before: pixel `k` hears pixel `k + shift - 1`,
/// which is right above it, and pixel `k + shift`, which is beside it in its row; no pixel lies
/// outside of `0 .. before - 1`.
///
/// @param rows of an image, T
/// @param width of an image, W
/// @param leftward whether it goes from the upper right corner to the lower left one, else from the
///   upper left one to the lower right one
/// @param step from 0, at the corner, to [#steps] - 1
public record Diagonal(int rows, int batch, int width, boolean leftward, int step) {
  public Diagonal {
    if (rows < 1 || width < 1 || step < 0 || step >= steps(rows, width)) {
      throw new IllegalArgumentException(
          "diagonal: %d x %d pixels have diagonals 0 to %d but not %d"
              .formatted(rows, width, steps(rows, width) - 1, step));
    }
  }

  /// How many diagonals images have.
  public static int steps(int rows, int width) {
    return rows + width - 1;
  }

  /// Pixels of the longest.
  public static int longest(int rows, int width) {
    return Math.min(rows, width);
  }

  /// The row of its uppermost pixel.
  public int top() {
    return top(step);
  }

  private int top(int any) {
    return Math.max(0, any - width + 1);
  }

  /// How many pixels it has.
  public int count() {
    return count(step);
  }

  private int count(int any) {
    return any < 0 ? 0 : Math.min(rows - 1, any) - top(any) + 1;
  }

  /// How many pixels the diagonal before has, 0 where this is the first.
  public int before() {
    return count(step - 1);
  }

  /// 1 where the diagonal before begins a row further up than this one, else 0.
  public int shift() {
    return top() - top(step - 1);
  }

  /// The column of pixel `k`.
  public int column(int k) {
    int along = step - top() - k;
    return leftward ? width - 1 - along : along;
  }

  /// From a pixel to the next one below, in places.
  public int pitch() {
    return batch * width + toBefore();
  }

  /// From a pixel to the one of the diagonal before that is beside it, in places: 1 or -1.
  public int toBefore() {
    return leftward ? 1 : -1;
  }

  /// The place in (T,B,W) of its uppermost pixel of the first image; those of the others are W
  /// places apart.
  public int start() {
    return top() * batch * width + column(0);
  }

  /// The place of pixel `k` of an image.
  public int place(int k, int image) {
    return start() + k * pitch() + image * width;
  }
}
