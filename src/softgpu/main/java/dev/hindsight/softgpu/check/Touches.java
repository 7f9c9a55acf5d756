package dev.hindsight.softgpu.check;

import java.util.Arrays;

/// Blocks that touched a byte, each with how many fences it had passed then. Never changed, so that
/// many bytes share one; equal is only what is the same.
final class Touches {
  private final int[] blocks;
  private final int[] fences;

  Touches(int block, int fences) {
    this(new int[] {block}, new int[] {fences});
  }

  private Touches(int[] blocks, int[] fences) {
    this.blocks = blocks;
    this.fences = fences;
  }

  /// A block of these that `view` does not know to have come before, or -1.
  int unordered(View view) {
    for (int i = 0; i < blocks.length; i++) {
      if (blocks[i] != view.block && view.seen(blocks[i]) <= fences[i]) {
        return blocks[i];
      }
    }
    return -1;
  }

  /// These and the view's own block; those that are known to have come before are left out, since
  /// what comes after the view comes after them.
  Touches and(View view) {
    int[] keptBlocks = new int[blocks.length + 1];
    int[] keptFences = new int[blocks.length + 1];
    int kept = 0;
    for (int i = 0; i < blocks.length; i++) {
      if (blocks[i] == view.block && fences[i] == view.fences()) {
        return this;
      }
      if (blocks[i] != view.block && view.seen(blocks[i]) <= fences[i]) {
        keptBlocks[kept] = blocks[i];
        keptFences[kept++] = fences[i];
      }
    }
    if (kept == 0) {
      return view.own();
    }
    keptBlocks[kept] = view.block;
    keptFences[kept++] = view.fences();
    return new Touches(Arrays.copyOf(keptBlocks, kept), Arrays.copyOf(keptFences, kept));
  }
}
