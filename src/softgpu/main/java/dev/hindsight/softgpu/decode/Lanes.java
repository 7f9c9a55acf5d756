package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Warp;

/// An op that is one piece of code for each lane.
final class Lanes extends Op {
  /// What a lane does.
  interface Body {
    void run(Warp w, int lane);
  }

  private final Body body;

  Lanes(Body body) {
    this.body = body;
  }

  @Override
  public void exec(Warp w, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      body.run(w, Integer.numberOfTrailingZeros(rest));
    }
  }
}
