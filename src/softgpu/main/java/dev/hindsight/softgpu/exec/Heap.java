package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.DeviceHeap;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;

/// `malloc` and `free` in a kernel. Threads come in the order of their numbers, so that addresses
/// do not depend on who is faster.
public final class Heap extends Op {
  private final boolean free;
  private final int argument;
  private final int[] results;

  /// @param argument place of the size or the address in the local memory of a lane
  /// @param results places of the address; none where nobody wants it
  public Heap(boolean free, int argument, int[] results) {
    this.free = free;
    this.argument = argument;
    this.results = results;
  }

  @Override
  public void exec(Warp w, int mask) {
    w.block.awaitTurn();
    Launch launch = w.block.launch;
    DeviceHeap heap = launch.memory.heap();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long value = w.localBytes(lane, argument, 8);
      if (!free) {
        long made = heap.allocate(value, "malloc at " + launch.program.sites().apply(pc).place());
        for (int result : results) {
          w.setLocalBytes(lane, result, 8, made);
        }
      } else if (value != 0 && !heap.free(value)) {
        w.report(
            Kind.INVALID_FREE,
            lane,
            this,
            () ->
                new Message(
                    String.format("Invalid free of 0x%x in a kernel", value),
                    "no malloc of a kernel has returned it, or it was given back before"
                        + launch.memory.describe(value)));
      }
    }
  }
}
