package dev.hindsight.softgpu.exec;

/// Goes, each lane for itself, to where it says in [Calls#next].
public abstract class Jump extends Op {
  @Override
  public final Flow flow() {
    return Flow.JUMP;
  }
}
