package dev.hindsight.softgpu.exec;

/// The end of a function that was called by [Call].
public final class Return extends Jump {
  @Override
  public void exec(Warp w, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      w.calls.next[lane] = w.calls.leave(w, lane);
    }
  }
}
