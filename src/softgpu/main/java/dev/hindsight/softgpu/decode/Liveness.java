package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.ptx.Bounds;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Register;
import dev.hindsight.softgpu.ptx.Type;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Estimates how many 32-bit registers a kernel needs: the most that are live at once, or what its
/// launch bounds leave, as ptxas spills the rest.
final class Liveness {
  /// What every thread needs beside its values.
  private static final int OVERHEAD = 8;

  private final Map<Register, Integer> numbers = new HashMap<>();

  private Liveness() {}

  static int registers(Inliner inliner, Bounds bounds) {
    return Math.min(bounds.mostRegisters(), new Liveness().most(inliner));
  }

  private int most(Inliner inliner) {
    List<Instruction> code = inliner.code;
    int n = code.size();
    BitSet[] uses = new BitSet[n];
    BitSet[] kills = new BitSet[n];
    for (int i = 0; i < n; i++) {
      uses[i] = new BitSet();
      kills[i] = new BitSet();
      note(code.get(i), uses[i], kills[i]);
    }
    BitSet[] live = new BitSet[n + 1];
    for (int i = 0; i <= n; i++) {
      live[i] = new BitSet();
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int i = n - 1; i >= 0; i--) {
        BitSet now = (BitSet) live[i + 1].clone();
        Integer target = inliner.targets.get(i);
        if (target != null) {
          now.or(live[target]);
        }
        if (code.get(i).guard() == null) {
          now.andNot(kills[i]);
        }
        now.or(uses[i]);
        if (!now.equals(live[i])) {
          live[i] = now;
          changed = target != null || changed;
        }
      }
    }
    return OVERHEAD + widest(live);
  }

  private int widest(BitSet[] live) {
    int[] width = new int[numbers.size()];
    numbers.forEach((r, i) -> width[i] = r.type == Type.PRED ? 0 : r.type.bytes == 8 ? 2 : 1);
    int most = 0;
    for (BitSet set : live) {
      most = Math.max(most, set.stream().map(i -> width[i]).sum());
    }
    return most;
  }

  private void note(Instruction one, BitSet uses, BitSet kills) {
    boolean writes =
        switch (one.base()) {
          case "st", "red", "bra", "exit", "bar", "barrier", "cp", "membar", "fence", "call" ->
              false;
          default -> true;
        };
    for (int i = 0; i < one.operands().size(); i++) {
      add(one.operands().get(i), i == 0 && writes ? kills : uses, uses);
    }
    if (one.guard() != null) {
      uses.set(number(one.guard().register()));
    }
  }

  private void add(Operand operand, BitSet to, BitSet uses) {
    switch (operand) {
      case Operand.Reg(Register r, _) -> to.set(number(r));
      case Operand.Pair(Operand first, Operand second) -> {
        add(first, to, uses);
        add(second, to, uses);
      }
      case Operand.Vector(List<Operand> items) -> items.forEach(item -> add(item, to, uses));
      case Operand.Address(Operand base, _) -> add(base, uses, uses);
      default -> {}
    }
  }

  private int number(Register register) {
    return numbers.computeIfAbsent(register, _ -> numbers.size());
  }
}
