package dev.hindsight.softgpu.exec;

import java.util.Set;

/// `barrier.cluster.wait`.
public final class ClusterWait extends Meeting {
  /// Opcodes that touch no memory and lead nowhere.
  private static final Set<String> CALM =
      Set.of(
          "add", "and", "cvt", "cvta", "div", "mad", "mapa", "max", "min", "mov", "mul", "neg",
          "not", "or", "rem", "selp", "setp", "shl", "shr", "sub", "xor");

  @Override
  void arrive(Warp w, int group) {
    w.block.cluster.barrier.await(w, group, this);
  }

  /// Whether nothing is done between a releasing arrival and this.
  boolean isPrompt(Op[] code) {
    int before = pc - 1;
    while (before >= 0 && CALM.contains(code[before].source.base())) {
      before--;
    }
    return before >= 0 && code[before] instanceof ClusterArrive arrive && arrive.releases;
  }
}
