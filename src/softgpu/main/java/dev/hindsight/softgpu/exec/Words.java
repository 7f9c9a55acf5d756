package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.MemoryOrder;
import dev.hindsight.softgpu.check.Use;
import java.util.Arrays;

/// Moves a word of each lane between memory and the values of its warp, for what a warp loads and
/// stores together. Unwritten bytes are reported where they are read.
final class Words {
  private final Op op;
  private final int width;
  private final boolean store;
  private final GlobalSpace global;

  Words(Op op, int width, boolean store) {
    this.op = op;
    this.width = width;
    this.store = store;
    this.global =
        new GlobalSpace(
            op,
            width,
            store ? Use.WRITE : Use.READ,
            MemoryOrder.WEAK,
            (w, mask, memory, offsets) -> {
              long[] words = w.laneValues().words;
              for (int rest = mask; rest != 0; rest &= rest - 1) {
                int k = Integer.numberOfTrailingZeros(rest);
                if (store) {
                  Bytes.set(memory, offsets[k], width, words[k]);
                } else {
                  words[k] = Bytes.get(memory, offsets[k], width);
                }
              }
            });
  }

  /// Addresses are generic ones, in `addresses` of the warp. A load that may not be gives zeros.
  void move(Warp w, int mask) {
    long[] words = w.laneValues().words;
    if (!store) {
      Arrays.fill(words, 0);
    }
    long[] addresses = w.addresses;
    int inShared = Access.window(addresses, mask, Place.SHARED_WINDOW);
    if (inShared != 0) {
      SharedMemory memory = w.block.shared;
      int[] offsets = Access.lower(w, addresses);
      Counters counters = w.block.counters;
      if (counters != null) {
        counters.shared(op.pc, inShared, offsets, width);
      }
      int ok =
          store
              ? memory.write(w, op, inShared, offsets, width, false, null)
              : memory.read(w, op, inShared, offsets, width, null);
      move(w, ok, memory.bytes, offsets);
    }
    if (inShared != mask) {
      global.access(w, mask & ~inShared, addresses);
    }
  }

  private void move(Warp w, int mask, byte[] memory, int[] offsets) {
    long[] words = w.laneValues().words;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      if (store) {
        Bytes.set(memory, offsets[k], width, words[k]);
      } else {
        words[k] = Bytes.get(memory, offsets[k], width);
      }
    }
  }
}
