package dev.hindsight.softgpu.exec;

/// `cudaGraphSetConditional(handle, value)`: decides what a node of a graph does. Of several
/// threads the last one counts, in the order of their numbers.
public final class SetConditional extends Op {
  private final int handle;
  private final int value;

  /// @param handle place in the local memory of a lane
  public SetConditional(int handle, int value) {
    this.handle = handle;
    this.value = value;
  }

  @Override
  public void exec(Warp w, int mask) {
    w.block.awaitTurn();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      w.block.launch.memory.decide(
          w.localBytes(lane, handle, 8), (int) w.localBytes(lane, value, 4));
    }
  }
}
