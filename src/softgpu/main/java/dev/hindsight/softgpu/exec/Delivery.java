package dev.hindsight.softgpu.exec;

import org.jspecify.annotations.Nullable;

/// What a lane sends to shared memory, of its block or of another of the cluster. It appears when
/// somebody waits for the mbarrier there that counts its bytes, and not before.
///
/// @param op that sends it
record Delivery(Op op, Warp w, int lane) {
  /// Bytes to the block that the address is of, or to the same place in all whose ranks are given,
  /// one bit each.
  ///
  /// @param units where each 16 bytes go, as offsets in the block
  void toEach(Ref ranks, int target, int barrier, int[] units, byte[] image) {
    if (ranks.file() == Ref.File.NOWHERE) {
      to(target, barrier, units, image);
      return;
    }
    for (int rest = (int) ranks.get(w, lane) & 0xffff; rest != 0; rest &= rest - 1) {
      int rank = Integer.numberOfTrailingZeros(rest);
      to(Cluster.map(target, rank), Cluster.map(barrier, rank), units, image);
    }
  }

  private void to(int target, int barrier, int[] units, byte[] image) {
    Block there = block(target, barrier);
    Phases counted = there == null ? null : counted(there, barrier);
    if (there != null && there.shared.depart(w, op, lane, units) && counted != null) {
      counted.add(
          () -> {
            there.shared.land(w, op, lane, units, image);
            arrive(counted, image.length);
          });
    }
  }

  private void arrive(Phases counted, int bytes) {
    counted.release(w);
    counted.bytesCame(bytes);
  }

  /// A value of at most 16 bytes.
  void value(int target, int barrier, byte[] value) {
    Block there = block(target, barrier);
    Phases counted = there == null ? null : counted(there, barrier);
    if (there == null || counted == null) {
      return;
    }
    int[] offsets = offsets(target & Cluster.OFFSET);
    int mask = there.shared.write(w, op, 1 << lane, offsets, value.length, false, null);
    if (mask != 0) {
      there.shared.depart(mask, offsets, value.length);
      byte[] all = new byte[Warp.LANES * value.length];
      System.arraycopy(value, 0, all, lane * value.length, value.length);
      counted.add(
          () -> {
            there.shared.land(w, op, mask, offsets, all, value.length);
            arrive(counted, value.length);
          });
    }
  }

  /// Operands of atomics that are done there, side by side, of so many bytes each.
  void reduction(int target, int barrier, int width, AtomicOp.Update update, byte[] operands) {
    Block there = block(target, barrier);
    Phases counted = there == null ? null : counted(there, barrier);
    if (there == null || counted == null) {
      return;
    }
    int start = target & Cluster.OFFSET;
    for (int at = 0; at < operands.length; at += width) {
      if (there.shared.write(w, op, 1 << lane, offsets(start + at), width, true, null) == 0) {
        return;
      }
    }
    byte[] memory = there.shared.bytes;
    counted.add(
        () -> {
          for (int at = 0; at < operands.length; at += width) {
            long old = Bytes.get(memory, start + at, width);
            long made = update.apply(old, Bytes.get(operands, at, width), 0);
            Bytes.set(memory, start + at, width, made);
          }
          arrive(counted, operands.length);
        });
  }

  private int[] offsets(int at) {
    int[] offsets = new int[Warp.LANES];
    offsets[lane] = at;
    return offsets;
  }

  private @Nullable Block block(int target, int barrier) {
    Block there = w.block.cluster.reach(w, op, lane, target);
    if (there != null && Cluster.rank(w, barrier) != there.rank) {
      Mbarriers.report(
          w,
          op,
          lane,
          String.format(
              "the barrier at 0x%x is not in block %s, to which the bytes go",
              barrier, there.place()));
      return null;
    }
    return there;
  }

  private @Nullable Phases counted(Block there, int barrier) {
    return there.mbarriers.find(w, op, lane, offsets(barrier & Cluster.OFFSET));
  }
}
