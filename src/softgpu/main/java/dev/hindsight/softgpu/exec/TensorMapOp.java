package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.TensorMap;

/// `tensormap.replace`: writes one number of a tensor map in memory.
public final class TensorMapOp extends Op {
  private final Place place;
  private final long plus;
  private final Ref value;
  private final Words words;
  private final int width;

  /// @param window where generic addresses of its space start
  /// @param index of the dimension
  public TensorMapOp(Place place, long window, TensorMap.Field field, int index, Ref value) {
    this.place = place;
    this.plus = window + field.at + (long) field.bytes * index;
    this.value = value;
    this.width = field.bytes;
    this.words = new Words(this, width, true);
  }

  public int width() {
    return width;
  }

  @Override
  public void exec(Warp w, int mask) {
    long[] addresses = place.addresses(w);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      addresses[lane] += plus;
      w.laneValues().words[lane] = value.get(w, lane);
    }
    words.move(w, mask);
  }

  /// `tensormap.cp_fenceproxy`: a warp copies a map, once.
  public static final class Copy extends Op {
    private final Place to;
    private final Place from;
    private final Runs runs = new Runs(this);

    /// @param from in shared memory
    public Copy(Place to, Place from) {
      this.to = to;
      this.from = from;
    }

    @Override
    public void exec(Warp w, int mask) {
      int lane = Integer.numberOfTrailingZeros(mask);
      byte[] bytes = new byte[TensorMap.BYTES];
      long source = Place.SHARED_WINDOW + from.offset(w, lane);
      long target = to.addresses(w)[lane];
      runs.load(w, lane, source, bytes, 0, bytes.length);
      runs.store(w, lane, target, bytes, 0, bytes.length);
    }
  }
}
