package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.exec.Fragment.Element;
import org.jspecify.annotations.Nullable;

/// `wgmma.mma_async`: four warps multiply, each its sixteen rows. The sums are there at once, but
/// [AsyncProducts] reports who asks for them before it has waited.
public final class GroupMatrix extends Collective {
  /// The first matrix: registers, or else shared memory.
  public record Left(
      @Nullable Fragment registers, Element element, Ref descriptor, boolean turned) {}

  /// The second one.
  ///
  /// @param element what it is of; it lies in shared memory
  public record Right(Element element, Ref descriptor, boolean turned) {}

  /// What else there is.
  ///
  /// @param adds predicate register, or -1 for always and -2 for never, whether sums begin with
  ///   what is there
  /// @param sparsity of the first matrix, or null
  public record How(
      int adds,
      boolean negatesA,
      boolean negatesB,
      Matrix.Integers integers,
      @Nullable Sparsity sparsity) {}

  private static final int ROWS = 16;
  private static final int ROW = 32;
  private static final int WARPS = 4;

  private final Fragment d;
  private final Left a;
  private final Right b;
  private final How how;
  private final int k;
  private final MatrixInShared left;
  private final MatrixInShared right;

  /// Numbers of the registers of the sums, and of the first matrix, for [AsyncProducts].
  public int[] sums = new int[0];

  public int[] factors = new int[0];

  public GroupMatrix(Fragment d, Left a, Right b, How how) {
    this.d = d;
    this.a = a;
    this.b = b;
    this.how = how;
    int row = how.sparsity == null ? ROW : 2 * ROW;
    this.k = 8 * row / b.element().bits;
    this.left = new MatrixInShared(a.descriptor, ROW, a.turned);
    this.right = new MatrixInShared(b.descriptor, row, b.turned);
    this.flops = b.element().isInteger() ? 0 : 2 * ROWS * d.columns() * k / Warp.LANES;
  }

  @Override
  protected void gather(Warp w, int mask, LaneValues x) {
    x.room(1 + d.words() + (a.registers == null ? 0 : a.registers.words()));
    d.gather(w, mask, x.in, 0);
    if (a.registers != null) {
      a.registers.gather(w, mask, x.in, d.words());
    }
    if (how.sparsity != null) {
      how.sparsity.metadata().gather(w, mask, x.in[x.in.length - 1]);
    }
  }

  @Override
  protected void compute(Warp w, int mask, LaneValues x) {
    w.products().begin(w, this);
    int first = w.index / WARPS * WARPS;
    int warps = w.block.warps.length;
    if (first + WARPS > warps && w.block.launch.shuffles) {
      w.report(
          Kind.BAD_MASK,
          0,
          this,
          () ->
              new Message(
                  "Bad group of wgmma: wanted warps %d to %d, the block has %d"
                      .formatted(first, first + WARPS - 1, warps)));
    }
    int n = d.columns();
    int any = Integer.numberOfTrailingZeros(mask);
    boolean adds = how.adds >= 0 ? (w.preds[how.adds] >>> any & 1) != 0 : how.adds == -1;
    byte[] columns = right.rows(w, this, 0, n);
    byte[] rows =
        a.registers == null ? left.rows(w, this, w.index % WARPS * ROWS, ROWS) : new byte[0];
    Matrix.Extents extents = new Matrix.Extents(ROWS, n, k);
    long[] result;
    if (b.element().isInteger()) {
      int[] start = adds ? d.integers(x.in, 0) : new int[ROWS * n];
      int[] one =
          a.registers == null
              ? integers(a.element, rows, 0)
              : a.registers.integers(x.in, d.words());
      one = how.sparsity == null ? one : how.sparsity.whole(one, x.in[x.in.length - 1]);
      int[] two = integers(b.element(), columns, n);
      result = Matrix.integers(one, two, start, extents, how.integers);
    } else {
      float[] start = adds ? d.floats(x.in, 0) : new float[ROWS * n];
      float[] one =
          a.registers == null ? floats(a.element, rows, 0) : a.registers.floats(x.in, d.words());
      one = how.sparsity == null ? one : how.sparsity.whole(one, x.in[x.in.length - 1]);
      float[] two = floats(b.element(), columns, n);
      if (how.negatesA != how.negatesB) {
        for (int i = 0; i < one.length; i++) {
          one[i] = -one[i];
        }
      }
      result = Matrix.floats(one, two, start, extents, d.element());
    }
    d.put(result, x.out);
  }

  @Override
  protected void scatter(Warp w, int mask, LaneValues x) {
    d.scatter(w, mask, x.out);
  }

  private float[] floats(Element of, byte[] rows, int n) {
    float[] all = new float[rows.length * 8 / of.bits];
    for (int i = 0; i < all.length; i++) {
      all[place(i, n)] = of.number((int) Bytes.get(rows, i * of.bits / 8, of.bits / 8));
    }
    return all;
  }

  private int[] integers(Element of, byte[] rows, int n) {
    int[] all = new int[rows.length * 8 / of.bits];
    for (int i = 0; i < all.length; i++) {
      all[place(i, n)] =
          of == Element.B1
              ? rows[i / 8] >>> (i % 8) & 1
              : of == Element.S8 ? rows[i] : rows[i] & 0xff;
    }
    return all;
  }

  /// Rows of the second matrix are its n columns; of the first, where n is 0, they stay.
  private int place(int i, int n) {
    return n == 0 ? i : i % k * n + i / k;
  }
}
