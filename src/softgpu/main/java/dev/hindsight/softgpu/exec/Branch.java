package dev.hindsight.softgpu.exec;

/// A jump; its guard decides which lanes take it. Also the way into and out of an inlined function.
public final class Branch extends Op {
  public int target;

  @Override
  public Flow flow() {
    return Flow.BRANCH;
  }

  @Override
  public void exec(Warp w, int mask) {
    throw new IllegalStateException("a branch is executed by the warp's loop");
  }
}
