package dev.hindsight.softgpu.check;

import dev.hindsight.softgpu.base.Allocation;
import java.util.HashMap;
import java.util.Map;

/// Which block last wrote and read each global byte of a launch. Blocks run one after another then.
public final class GlobalRaces {
  private static final int NOBODY = 0;
  private static final int MANY = -1;

  /// Block number + 1 of the last plain writer, atomic writer and reader of each byte.
  @SuppressWarnings("ArrayRecordComponent")
  private record Shadow(int[] writer, int[] atomic, int[] reader) {}

  private final Map<Allocation, Shadow> shadows = new HashMap<>();

  /// Notes an access of one lane. Returns the number of a block that it races with, or -1.
  public int access(Allocation a, int offset, int bytes, long block, boolean write, boolean rmw) {
    Shadow s =
        shadows.computeIfAbsent(
            a, _ -> new Shadow(new int[a.size], new int[a.size], new int[a.size]));
    int me = (int) block + 1;
    int other = NOBODY;
    for (int i = offset; i < offset + bytes; i++) {
      other = differs(s.writer[i], me, other);
      if (!rmw) {
        other = differs(s.atomic[i], me, other);
      }
      if (write) {
        other = differs(s.reader[i], me, other);
      }
      int[] mine = rmw ? s.atomic : write ? s.writer : s.reader;
      mine[i] = mine[i] == NOBODY || mine[i] == me ? me : MANY;
    }
    return other == NOBODY ? -1 : other == MANY ? 0 : other - 1;
  }

  private static int differs(int noted, int me, int other) {
    return noted != NOBODY && noted != me ? noted : other;
  }
}
