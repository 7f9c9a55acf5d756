package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.MemoryOrder;
import dev.hindsight.softgpu.check.Use;
import org.jspecify.annotations.Nullable;

/// `atom` and `red`: lane after lane, each reads, computes and writes.
public final class AtomicOp extends Op {
  /// The new value from the old one and the operands, as raw bits.
  public interface Update {
    long apply(long old, long b, long c);
  }

  private final Place place;
  private final @Nullable Ref d;
  private final Ref b;
  private final Ref c;
  private final int width;
  private final char space;
  private final Update sharedUpdate;
  private final GlobalSpace global;

  /// The same in both memories, but where float adds keep subnormals.
  public record Updates(Update global, Update shared) {}

  /// @param space `g`, `s`, `c` for the shared memory of a cluster, or `?` for generic addresses
  /// @param order what it promises to other blocks in global memory
  /// @param d where the old value goes, or null
  public AtomicOp(
      Place place,
      char space,
      MemoryOrder order,
      int width,
      @Nullable Ref d,
      Ref b,
      Ref c,
      Updates updates) {
    this.place = place;
    this.d = d;
    this.b = b;
    this.c = c;
    this.width = width;
    this.space = space;
    this.sharedUpdate = updates.shared;
    this.global =
        new GlobalSpace(
            this,
            width,
            d == null ? Use.REDUCTION : Use.ATOMIC,
            order,
            (w, mask, memory, offsets) -> {
              for (int rest = mask; rest != 0; rest &= rest - 1) {
                int k = Integer.numberOfTrailingZeros(rest);
                long old = Bytes.get(memory, offsets[k], width);
                Bytes.set(memory, offsets[k], width, apply(w, k, old, updates.global));
              }
            });
  }

  public int width() {
    return width;
  }

  @Override
  public void exec(Warp w, int mask) {
    switch (space) {
      case 'g' -> global(w, mask, place.addresses(w));
      case 's' -> shared(w, w.block.shared, mask, place.offsets(w));
      case 'c' -> cluster(w, mask, place.offsets(w));
      default -> {
        long[] addresses = place.addresses(w);
        int inShared = Access.window(addresses, mask, Place.SHARED_WINDOW);
        if (inShared != 0) {
          cluster(w, inShared, Access.lower(w, addresses));
        }
        if (inShared != mask) {
          global(w, mask & ~inShared, addresses);
        }
      }
    }
  }

  private void global(Warp w, int mask, long[] addresses) {
    w.block.awaitTurn();
    global.access(w, mask, addresses);
  }

  private void cluster(Warp w, int mask, int[] offsets) {
    if (Cluster.leaves(mask, offsets)) {
      w.block.cluster.each(
          w, this, mask, offsets, (memory, lanes) -> shared(w, memory, lanes, offsets));
    } else {
      shared(w, w.block.shared, mask, offsets);
    }
  }

  private void shared(Warp w, SharedMemory memory, int mask, int[] offsets) {
    Counters counters = w.block.counters;
    if (counters != null) {
      counters.shared(pc, mask, offsets, width);
    }
    int ok = memory.write(w, this, mask, offsets, width, true, null);
    for (int rest = ok; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      long old = Bytes.get(memory.bytes, offsets[k], width);
      Bytes.set(memory.bytes, offsets[k], width, apply(w, k, old, sharedUpdate));
    }
  }

  /// The new value; the lane gets the old one.
  private long apply(Warp w, int lane, long old, Update how) {
    long made = how.apply(old, b.get(w, lane), c.get(w, lane));
    if (d != null) {
      d.set(w, lane, old);
    }
    return made;
  }
}
