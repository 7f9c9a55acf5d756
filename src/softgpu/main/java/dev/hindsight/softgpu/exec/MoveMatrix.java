package dev.hindsight.softgpu.exec;

/// `wmma.load` and `wmma.store`: a warp moves a matrix between memory and the registers of its
/// threads. Which thread holds which element is ours: those that lie side by side in memory, 32
/// bits or more at a time.
public final class MoveMatrix extends Collective {
  private final Fragment fragment;
  private final Place place;

  /// Where generic addresses of its space start.
  private final long window;

  /// Int operand code of the elements from one row (or column) to the next.
  private final int stride;

  private final boolean byRows;
  private final boolean store;
  private final int width;
  private final Words words;

  public MoveMatrix(
      Fragment fragment, Place place, long window, int stride, boolean byRows, boolean store) {
    this.fragment = fragment;
    this.place = place;
    this.window = window;
    this.stride = stride;
    this.byRows = byRows;
    this.store = store;
    int bits = fragment.element().bits;
    boolean inTurn = bits >= 32 || neighbours();
    this.width = inTurn ? Math.max(bits, 32) / 8 : bits / 8;
    this.words = new Words(this, width, store);
  }

  /// Whether the elements of a register lie side by side in memory.
  private boolean neighbours() {
    int[] places = fragment.places();
    return line(places[0]) == line(places[1]) && inLine(places[1]) == inLine(places[0]) + 1;
  }

  boolean stores() {
    return store;
  }

  public int width() {
    return width;
  }

  private int line(int at) {
    return byRows ? at / fragment.columns() : at % fragment.columns();
  }

  private int inLine(int at) {
    return byRows ? at % fragment.columns() : at / fragment.columns();
  }

  @Override
  protected void gather(Warp w, int mask, LaneValues x) {
    System.arraycopy(w.i(stride, 6), 0, x.strides, 0, Warp.LANES);
    System.arraycopy(place.addresses(w), 0, x.addresses, 0, Warp.LANES);
    if (store) {
      fragment.gather(w, mask, x.in, 0);
    }
  }

  @Override
  protected void compute(Warp w, int mask, LaneValues x) {
    int bits = fragment.element().bits;
    int step = width * 8 / bits;
    int each = fragment.each();
    for (int e = 0; e < each; e += step) {
      int word = (e * bits) >>> 5;
      int shift = (e * bits) & 31;
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        int at = fragment.places()[lane * each + e];
        long elements = (long) line(at) * x.strides[lane] + inLine(at);
        w.addresses[lane] = window + x.addresses[lane] + elements * bits / 8;
        if (store) {
          x.words[lane] = width == 8 ? Fragment.wide(x.in, word, lane) : x.in[word][lane] >>> shift;
        }
      }
      words.move(w, mask);
      for (int lane = 0; !store && lane < Warp.LANES; lane++) {
        x.out[word][lane] = shift == 0 ? 0 : x.out[word][lane];
        x.out[word][lane] |= (int) x.words[lane] << shift;
        if (width == 8) {
          x.out[word + 1][lane] = (int) (x.words[lane] >>> 32);
        }
      }
    }
    // All of it was read before any of what the warp does next.
    if (!store) {
      w.meet();
    }
  }

  @Override
  protected void scatter(Warp w, int mask, LaneValues x) {
    if (!store) {
      fragment.scatter(w, mask, x.out);
    }
  }
}
