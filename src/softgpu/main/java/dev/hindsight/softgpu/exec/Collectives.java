package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;

/// Lets the groups of a warp meet at collectives.
final class Collectives {
  private Collectives() {}

  /// Whether these lanes are all that the collective waits for, so that it can execute at once.
  static boolean ready(Collective op, Warp w, int lanes) {
    int[] members = w.i(op.members, 0);
    int wanted = members[Integer.numberOfTrailingZeros(lanes)];
    int differ = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      differ |= members[Integer.numberOfTrailingZeros(rest)] ^ wanted;
    }
    return differ == 0 && (wanted & ~w.dead) == lanes;
  }

  /// A group stands before a collective that others must still reach.
  static void arrive(Warp w, int group, Collective op) {
    Groups groups = w.groups;
    int[] members = w.i(op.members, 0);
    int rest = groups.mask[group];
    int pc = groups.pc[group];
    int place = group;
    while (rest != 0) {
      int first = Integer.numberOfTrailingZeros(rest);
      int same = 0;
      for (int left = rest; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        same |= members[lane] == members[first] ? 1 << lane : 0;
      }
      int key = members[first];
      if ((same & ~key) != 0) {
        reportOutside(w, same & ~key, key, op);
        key |= same;
      }
      if (place < 0) {
        place = groups.count;
        groups.add(pc, same, pc);
      }
      groups.mask[place] = same;
      groups.state[place] = Groups.AT_COLLECTIVE;
      groups.key[place] = key;
      place = -1;
      rest &= ~same;
    }
    recheck(w);
  }

  private static void reportOutside(Warp w, int lanes, int key, Op op) {
    if (w.block.launch.shuffles) {
      int lane = Integer.numberOfTrailingZeros(lanes);
      w.report(
          Kind.BAD_MASK,
          lane,
          op,
          () ->
              new Message(
                  String.format(
                      "Bad member mask 0x%08x of %s: lane %d executes it and is not in the mask",
                      key, op.source.name(), lane)));
    }
  }

  /// Executes every collective for which all lanes are there; lanes that exited do not count.
  static void recheck(Warp w) {
    Groups groups = w.groups;
    for (int g = 0; g < groups.count; g++) {
      if (groups.state[g] == Groups.AT_COLLECTIVE && complete(w, g)) {
        g = -1;
      }
    }
  }

  private static boolean complete(Warp w, int first) {
    Groups groups = w.groups;
    Op[] code = w.block.launch.program.code();
    Collective op = (Collective) code[groups.pc[first]];
    int arrived = 0;
    for (int g = 0; g < groups.count; g++) {
      arrived |= meets(groups, code, g, first) ? groups.mask[g] : 0;
    }
    if ((groups.key[first] & ~w.dead & ~arrived) != 0) {
      return false;
    }
    LaneValues x = w.laneValues();
    for (int g = 0; g < groups.count; g++) {
      if (meets(groups, code, g, first)) {
        ((Collective) code[groups.pc[g]]).gather(w, groups.mask[g], x);
      }
    }
    op.compute(w, arrived, x);
    int key = groups.key[first];
    for (int g = 0; g < groups.count; g++) {
      if (groups.state[g] == Groups.AT_COLLECTIVE
          && groups.key[g] == key
          && code[groups.pc[g]] instanceof Collective other
          && other.signature.equals(op.signature)) {
        other.scatter(w, groups.mask[g], x);
        groups.state[g] = Groups.RUNNABLE;
        groups.pc[g]++;
      }
    }
    return true;
  }

  private static boolean meets(Groups groups, Op[] code, int g, int first) {
    return groups.state[g] == Groups.AT_COLLECTIVE
        && groups.key[g] == groups.key[first]
        && code[groups.pc[g]] instanceof Collective other
        && other.signature.equals(((Collective) code[groups.pc[first]]).signature);
  }
}
