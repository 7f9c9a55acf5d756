package dev.hindsight.softgpu.exec;

import org.jspecify.annotations.Nullable;

/// `st.async` and `red.async`: stores and atomics in the shared memory of a block of the cluster,
/// whose bytes an mbarrier there counts.
public final class AsyncStore extends Op {
  private final Place place;
  private final Place barrier;
  private final Ref[] values;
  private final int element;

  /// What an atomic does; null for a store.
  private final AtomicOp.@Nullable Update update;

  /// @param element bytes of each value
  public AsyncStore(
      Place place, Place barrier, Ref[] values, int element, AtomicOp.@Nullable Update update) {
    this.place = place;
    this.barrier = barrier;
    this.values = values;
    this.element = element;
    this.update = update;
  }

  public int width() {
    return element * values.length;
  }

  @Override
  public void exec(Warp w, int mask) {
    int[] targets = place.offsets(w).clone();
    int[] barriers = barrier.offsets(w).clone();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Delivery sent = new Delivery(this, w, lane);
      byte[] value = new byte[width()];
      for (int i = 0; i < values.length; i++) {
        Bytes.set(value, i * element, element, values[i].get(w, lane));
      }
      if (update == null) {
        sent.value(targets[lane], barriers[lane], value);
      } else {
        sent.reduction(targets[lane], barriers[lane], element, update, value);
      }
    }
  }
}
