package dev.hindsight.softgpu.exec;

/// The lanes of a warp, in groups that stand at the same instruction.
public final class Groups {
  /// What a group waits for.
  static final byte RUNNABLE = 0;

  static final byte AT_COLLECTIVE = 1;
  static final byte AT_BARRIER = 2;
  static final byte AT_CLUSTER = 3;

  int count;
  final int[] pc = new int[Warp.LANES];
  final int[] mask = new int[Warp.LANES];
  final byte[] state = new byte[Warp.LANES];

  /// The instruction that a group executed last, jumps and barriers apart.
  final int[] last = new int[Warp.LANES];

  /// Member mask of the collective that a group waits at, or number of its barrier.
  final int[] key = new int[Warp.LANES];

  void reset(int lanes) {
    count = 0;
    add(0, lanes, 0);
  }

  void add(int atPc, int lanes, int lastPc) {
    pc[count] = atPc;
    mask[count] = lanes;
    last[count] = lastPc;
    state[count] = RUNNABLE;
    count++;
  }

  void remove(int group) {
    count--;
    pc[group] = pc[count];
    mask[group] = mask[count];
    state[group] = state[count];
    key[group] = key[count];
    last[group] = last[count];
  }

  /// Joins the second group, which stands at the same instruction, to the first.
  private void join(int group, int other) {
    mask[group] |= mask[other];
    last[group] = Math.max(last[group], last[other]);
    remove(other);
  }

  /// The runnable group with the lowest program counter, or -1. Groups that met are one then.
  int lowest() {
    int best = -1;
    for (int g = 0; g < count; g++) {
      if (state[g] != RUNNABLE) {
        continue;
      }
      if (best >= 0 && pc[g] == pc[best]) {
        join(best, g--);
      } else if (best < 0 || pc[g] < pc[best]) {
        best = g;
      }
    }
    return best;
  }

  /// A runnable group, chosen by `draw`, or -1. Merges groups that met.
  int any(int draw) {
    for (int a = 0; a < count; a++) {
      for (int b = a + 1; b < count; b++) {
        if (pc[a] == pc[b] && state[a] == RUNNABLE && state[b] == RUNNABLE) {
          join(a, b--);
        }
      }
    }
    for (int g = 0; g < count; g++) {
      int chosen = (int) Integer.toUnsignedLong(draw + g) % count;
      if (chosen >= 0 && state[chosen] == RUNNABLE) {
        return chosen;
      }
    }
    return -1;
  }

  /// Lowest program counter of the runnable groups other than `group`; the end of time without.
  int limit(int group) {
    int limit = Integer.MAX_VALUE;
    for (int g = 0; g < count; g++) {
      if (g != group && state[g] == RUNNABLE) {
        limit = Math.min(limit, pc[g]);
      }
    }
    return limit;
  }
}
