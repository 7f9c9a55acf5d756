package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.MemoryOrder;
import dev.hindsight.softgpu.check.Use;

/// Combines a value with one in global memory, as `red` does.
final class Fold {
  private final GlobalSpace global;

  Fold(Op op, int width, AtomicOp.Update how) {
    global =
        new GlobalSpace(
            op,
            width,
            Use.REDUCTION,
            MemoryOrder.RELAXED,
            (w, mask, memory, offsets) -> {
              int k = Integer.numberOfTrailingZeros(mask);
              long old = Bytes.get(memory, offsets[k], width);
              long made = how.apply(old, w.laneValues().words[k], 0);
              Bytes.set(memory, offsets[k], width, made);
            });
  }

  void apply(Warp w, int lane, long address, long value) {
    w.addresses[lane] = address;
    w.laneValues().words[lane] = value;
    global.access(w, 1 << lane, w.addresses);
  }
}
