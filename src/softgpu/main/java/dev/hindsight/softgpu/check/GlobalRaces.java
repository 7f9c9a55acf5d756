package dev.hindsight.softgpu.check;

import dev.hindsight.softgpu.base.Allocation;
import java.util.HashMap;
import java.util.Map;

/// Which block last wrote and read each global byte of a launch, and what orders one block's
/// accesses before another's: a fence, an atomic, an atomic of the other block on the same word,
/// and a fence there. Blocks take turns on one host thread then.
///
/// A block counts its fences, and knows of others up to which of theirs it has seen. Threads of one
/// block are not told apart: which barrier brings their writes before the fence of one of them is
/// not asked.
public final class GlobalRaces {
  private static final int NOBODY = 0;
  private static final int MANY = -1;

  /// Block number + 1 of the last plain writer, atomic writer and reader of each byte, and after
  /// how many of its fences that was.
  private static final class Shadow {
    final int[] writer;
    final int[] written;
    final int[] reader;
    final int[] read;
    final int[] atomic;

    /// By offset: what the blocks that did an atomic there had done and seen before.
    final Map<Integer, Map<Integer, Integer>> handedOver = new HashMap<>();

    Shadow(int size) {
      writer = new int[size];
      written = new int[size];
      reader = new int[size];
      read = new int[size];
      atomic = new int[size];
    }
  }

  /// What a block has seen of others, by number + 1: all that they did before so many fences.
  private static final class View {
    final Map<Integer, Integer> seen = new HashMap<>();

    /// What its next fence will have it see.
    final Map<Integer, Integer> met = new HashMap<>();

    /// What it had seen and done at its last fence.
    Map<Integer, Integer> fenced = Map.of();

    int fences;
  }

  private final Map<Allocation, Shadow> shadows = new HashMap<>();
  private final Map<Integer, View> views = new HashMap<>();

  /// Notes a fence for the whole GPU.
  public void fence(long block) {
    int me = (int) block + 1;
    View view = view(me);
    view.fences++;
    merge(view.met, view.seen);
    view.met.clear();
    view.fenced = new HashMap<>(view.seen);
    view.fenced.put(me, view.fences);
  }

  /// Notes an access of one lane. Returns the number of a block that it races with, or -1.
  public int access(Allocation a, int offset, int bytes, long block, boolean write, boolean rmw) {
    Shadow s = shadows.computeIfAbsent(a, _ -> new Shadow(a.size));
    int me = (int) block + 1;
    View view = view(me);
    int other = NOBODY;
    for (int i = offset; i < offset + bytes; i++) {
      other = races(view, s.writer[i], s.written[i], me, other);
      if (!rmw && s.atomic[i] != NOBODY && s.atomic[i] != me) {
        other = s.atomic[i];
      }
      if (write) {
        other = races(view, s.reader[i], s.read[i], me, other);
      }
      if (rmw) {
        s.atomic[i] = s.atomic[i] == NOBODY || s.atomic[i] == me ? me : MANY;
      } else if (write) {
        s.writer[i] = other == NOBODY ? me : MANY;
        s.written[i] = view.fences;
        s.reader[i] = NOBODY;
      } else {
        boolean alone = races(view, s.reader[i], s.read[i], me, NOBODY) == NOBODY;
        s.reader[i] = alone ? me : MANY;
        s.read[i] = view.fences;
      }
    }
    if (rmw) {
      Map<Integer, Integer> here = s.handedOver.computeIfAbsent(offset, _ -> new HashMap<>());
      merge(here, view.met);
      merge(view.fenced, here);
    }
    return other == NOBODY ? -1 : other == MANY ? 0 : other - 1;
  }

  private View view(int block) {
    return views.computeIfAbsent(block, _ -> new View());
  }

  private static void merge(Map<Integer, Integer> from, Map<Integer, Integer> into) {
    from.forEach((block, fences) -> into.merge(block, fences, Math::max));
  }

  /// The block that was noted, where it is another whose access is not known to have come before.
  private static int races(View view, int noted, int fences, int me, int other) {
    boolean ordered =
        noted == NOBODY
            || noted == me
            || (noted != MANY && view.seen.getOrDefault(noted, 0) > fences);
    return ordered ? other : noted;
  }
}
