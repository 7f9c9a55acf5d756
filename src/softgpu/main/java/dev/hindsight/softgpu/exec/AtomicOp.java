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

  /// @param space `g`, `s`, or `?` for generic addresses
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
            (w, mask, memory, offsets) -> apply(w, mask, memory, offsets, updates.global));
  }

  public int width() {
    return width;
  }

  public boolean onlyShared() {
    return space == 's';
  }

  @Override
  public void exec(Warp w, int mask) {
    switch (space) {
      case 'g' -> global(w, mask, place.addresses(w));
      case 's' -> shared(w, mask, place.offsets(w));
      default -> {
        long[] addresses = place.addresses(w);
        int inShared = Access.window(addresses, mask, Place.SHARED_WINDOW);
        if (inShared != 0) {
          shared(w, inShared, Access.lower(w, addresses));
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

  private void shared(Warp w, int mask, int[] offsets) {
    SharedMemory memory = w.block.shared;
    Counters counters = w.block.counters;
    if (counters != null) {
      counters.shared(pc, mask, offsets, width);
    }
    int ok = memory.write(w, this, mask, offsets, width, true, null);
    apply(w, ok, memory.bytes, offsets, sharedUpdate);
  }

  private void apply(Warp w, int mask, byte[] memory, int[] offsets, Update how) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      long old = Bytes.get(memory, offsets[k], width);
      Bytes.set(memory, offsets[k], width, how.apply(old, b.get(w, k), c.get(w, k)));
      if (d != null) {
        d.set(w, k, old);
      }
    }
  }
}
