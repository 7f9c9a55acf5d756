package dev.hindsight.softgpu.exec;

/// Ends the threads of the mask.
public final class Exit extends Op {
  @Override
  public Flow flow() {
    return Flow.EXIT;
  }

  @Override
  public void exec(Warp w, int mask) {
    throw new IllegalStateException("an exit is executed by the warp's loop");
  }
}
