package dev.hindsight.softgpu.exec;

import java.util.SplittableRandom;

/// Executes the groups of a warp: the group with the lowest program counter runs until it branches
/// apart, waits, ends or reaches the place of another group, which it then joins.
final class WarpLoop {
  static final int DONE = 0;
  static final int BLOCKED = 1;
  static final int YIELD = 2;

  /// Steps after which a group that always comes first lets another one go.
  private static final int PATIENCE = 1 << 14;

  private final Block block;
  private final Op[] code;
  private int steps;
  private int rotation;

  WarpLoop(Block block) {
    this.block = block;
    this.code = block.launch.program.code();
  }

  int steps() {
    return steps;
  }

  int takeSteps() {
    int taken = steps;
    steps = 0;
    return taken;
  }

  int run(Warp w, int share, SplittableRandom random) {
    Groups groups = w.groups;
    boolean seeded = block.launch.seeded;
    int end = steps + share;
    int impatient = steps + PATIENCE;
    while (true) {
      int group;
      int stop;
      int limit;
      if (seeded) {
        group = groups.any(random.nextInt(1 << 16));
        stop = groups.count > 1 ? Math.min(end, steps + 1 + random.nextInt(30)) : end;
        limit = Integer.MAX_VALUE;
      } else if (steps > impatient && groups.count > 1) {
        group = groups.any(rotation++ & 0xffff);
        stop = steps + PATIENCE / 4;
        limit = Integer.MAX_VALUE;
        impatient = stop;
      } else {
        group = groups.lowest();
        stop = groups.count > 1 ? Math.min(end, impatient + 1) : end;
        limit = groups.count > 1 ? groups.limit(group) : Integer.MAX_VALUE;
      }
      if (group < 0) {
        return groups.count == 0 ? DONE : BLOCKED;
      }
      if (steps >= end) {
        return YIELD;
      }
      w.inVain = false;
      go(w, group, limit, stop);
      if (w.inVain) {
        if (groups.count == 1) {
          return YIELD;
        }
        impatient = steps - 1;
      }
    }
  }

  /// Runs one group until something happens that changes the list of groups, or to the limit.
  private void go(Warp w, int group, int limit, int stop) {
    Groups groups = w.groups;
    Counters counters = block.counters;
    int pc = groups.pc[group];
    int mask = groups.mask[group];
    int last = groups.last[group];
    int done = steps;
    while (pc < limit && done < stop) {
      Op op = code[pc];
      int m = mask;
      if (op.guard >= 0) {
        int p = w.preds[op.guard];
        m &= op.guardNegated ? ~p : p;
      }
      done++;
      Taint taint = w.taint;
      if (taint != null && op.guard >= 0) {
        taint.guard(op, mask);
      }
      if (counters != null) {
        counters.step(pc, m);
      }
      switch (op.flow()) {
        case NEXT -> {
          if (m != 0) {
            if (taint != null) {
              taint.step(op, m);
            }
            op.exec(w, m);
            last = pc;
          }
          pc++;
        }
        case BRANCH -> {
          int target = ((Branch) op).target;
          if (m == mask) {
            pc = target;
          } else if (m == 0) {
            pc++;
          } else {
            steps = done;
            groups.pc[group] = pc + 1;
            groups.mask[group] = mask & ~m;
            groups.last[group] = last;
            groups.add(target, m, last);
            return;
          }
          if (target <= pc && groups.count > 1) {
            // A loop may run below the place of another group: nothing to do, it is still lowest.
            continue;
          }
        }
        case JUMP -> {
          if (m == 0) {
            pc++;
          } else {
            if (taint != null) {
              taint.step(op, m);
            }
            op.exec(w, m);
            steps = done;
            jump(w, group, pc + 1, mask & ~m, m);
            return;
          }
        }
        case EXIT -> {
          w.exit(m, last);
          mask &= ~m;
          pc++;
          if (m != 0) {
            steps = done;
            groups.pc[group] = pc;
            groups.mask[group] = mask;
            groups.last[group] = last;
            if (mask == 0) {
              groups.remove(group);
            }
            Collectives.recheck(w);
            return;
          }
        }
        case COLLECTIVE -> {
          if (taint != null) {
            taint.exchange(op, m);
          }
          if (m == mask && Collectives.ready((Collective) op, w, m)) {
            op.exec(w, m);
            last = pc++;
          } else if (m == 0) {
            pc++;
          } else {
            steps = done;
            groups.last[group] = last;
            split(groups, group, pc, mask, m);
            Collectives.arrive(w, group, (Collective) op);
            return;
          }
        }
        case BARRIER -> {
          if (m == 0) {
            pc++;
          } else {
            steps = done;
            groups.last[group] = last;
            split(groups, group, pc, mask, m);
            ((Meeting) op).arrive(w, group);
            return;
          }
        }
      }
    }
    steps = done;
    groups.pc[group] = pc;
    groups.mask[group] = mask;
    groups.last[group] = last;
  }

  /// The lanes `m` go where each says, the others of the group on.
  private static void jump(Warp w, int group, int pc, int others, int m) {
    Groups groups = w.groups;
    int last = pc - 1;
    groups.pc[group] = pc;
    groups.mask[group] = others;
    groups.last[group] = last;
    if (others == 0) {
      groups.remove(group);
    }
    int[] next = w.calls.next;
    for (int rest = m; rest != 0; ) {
      int target = next[Integer.numberOfTrailingZeros(rest)];
      int same = 0;
      for (int left = rest; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        same |= next[lane] == target ? 1 << lane : 0;
      }
      groups.add(target, same, last);
      rest &= ~same;
    }
  }

  /// Leaves the lanes `m` at this instruction and lets the others of the group go on.
  private static void split(Groups groups, int group, int pc, int mask, int m) {
    groups.pc[group] = pc;
    groups.mask[group] = m;
    if (m != mask) {
      groups.add(pc + 1, mask & ~m, groups.last[group]);
    }
  }
}
