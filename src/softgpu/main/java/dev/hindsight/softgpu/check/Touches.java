package dev.hindsight.softgpu.check;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// A block that touched a byte, with how many fences it had passed then, and those that did before
/// it. Never changed, so that many bytes share one and many share what came before.
final class Touches {
  /// All of a launch, by number; 0 stands for none.
  static final class Table {
    private @Nullable Touches[] all = new Touches[64];
    private int count = 1;

    Touches add(@Nullable Touches before, int block, int fences) {
      if (count == all.length) {
        all = Arrays.copyOf(all, count * 2);
      }
      Touches made = new Touches(before, block, fences, count);
      all[count++] = made;
      return made;
    }

    @Nullable Touches get(int number) {
      return all[number];
    }

    /// The number that the next one gets.
    int next() {
      return count;
    }
  }

  /// Larger than the numbers of those before it.
  final int number;

  private final @Nullable Touches before;
  private final int block;
  private final int fences;

  /// What these are to a view, as long as it does not change: a block, or -1; and with its own.
  int unordered;

  int unorderedAsOf;
  int extended;
  int extendedAsOf;

  private Touches(@Nullable Touches before, int block, int fences, int number) {
    this.before = before;
    this.block = block;
    this.fences = fences;
    this.number = number;
  }

  /// The first block of these that `view` does not know to have come before, or -1.
  int unordered(View view) {
    int found = -1;
    for (Touches t = this; t != null; t = t.before) {
      found = t.block != view.block && view.seen(t.block) <= t.fences ? t.block : found;
    }
    return found;
  }

  /// These and the view's own block; those that are known to have come before are left out, since
  /// what comes after the view comes after them.
  Touches and(View view, Table table) {
    boolean all = true;
    // A view that has seen nothing leaves out nothing but its own, which no older ones hold.
    for (Touches t = this; t != null && (t.number >= view.first || view.sees()); t = t.before) {
      if (t.block == view.block && t.fences == view.fences()) {
        return this;
      }
      all &= t.block != view.block && view.seen(t.block) <= t.fences;
    }
    if (all) {
      return table.add(this, view.block, view.fences());
    }
    Deque<Touches> kept = new ArrayDeque<>();
    for (Touches t = this; t != null; t = t.before) {
      if (t.block != view.block && view.seen(t.block) <= t.fences) {
        kept.push(t);
      }
    }
    Touches made = null;
    for (Touches t : kept) {
      made = table.add(made, t.block, t.fences);
    }
    return made == null ? view.own() : table.add(made, view.block, view.fences());
  }
}
