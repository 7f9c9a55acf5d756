package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.ptx.Bounds;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Register;
import dev.hindsight.softgpu.ptx.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Where the registers of a kernel hold a value that is still read.
final class Liveness {
  /// What every thread needs beside its values.
  private static final int OVERHEAD = 8;

  /// @param first the first instruction in the order of the text that needs the register
  /// @param last the last one
  record Lifetime(Register register, int first, int last) {}

  private final List<Instruction> code;
  private final Map<Integer, Integer> targets;
  private final Map<Register, Integer> numbers = new HashMap<>();
  private final List<Register> registers = new ArrayList<>();
  private final int[][] reads;
  private final int[][] writes;

  /// First instructions of basic blocks, and the end of the code.
  private final int[] starts;

  /// What is live where a block begins, and nothing at the end of the code.
  private final BitSet[] live;

  private final int[] first;
  private final int[] last;
  private int most;

  Liveness(Inliner inliner) {
    code = inliner.code;
    targets = inliner.targets;
    reads = new int[code.size()][];
    writes = new int[code.size()][];
    for (int at = 0; at < code.size(); at++) {
      note(at);
    }
    starts = starts();
    live = live();
    first = new int[registers.size()];
    last = new int[registers.size()];
    Arrays.fill(first, code.size());
    Arrays.fill(last, -1);
    for (int block = 0; block < live.length - 1; block++) {
      walk(block);
    }
  }

  /// Estimates how many 32-bit registers a thread needs: the most that are live at once, or what
  /// its launch bounds leave, as ptxas spills the rest.
  int registers(Bounds bounds) {
    return Math.min(bounds.mostRegisters(), OVERHEAD + most);
  }

  /// Of every register; two that do not overlap are never needed at once.
  List<Lifetime> lifetimes() {
    List<Lifetime> all = new ArrayList<>();
    for (int r = 0; r < registers.size(); r++) {
      boolean always = registers.get(r) == Stack.FRAME;
      all.add(
          new Lifetime(registers.get(r), always ? 0 : first[r], always ? code.size() : last[r]));
    }
    return all;
  }

  private void note(int at) {
    Instruction one = code.get(at);
    boolean result = one.hasResult();
    List<Integer> read = new ArrayList<>();
    List<Integer> written = new ArrayList<>();
    for (int i = 0; i < one.operands().size(); i++) {
      add(one.operands().get(i), i == 0 && result ? written : read, read);
      if (i == 0 && one.addsToResult()) {
        read.addAll(written);
      }
    }
    if (one.guard() != null) {
      read.add(number(one.guard().register()));
    }
    reads[at] = read.stream().mapToInt(Integer::intValue).toArray();
    writes[at] = written.stream().mapToInt(Integer::intValue).toArray();
  }

  private void add(Operand operand, List<Integer> to, List<Integer> read) {
    switch (operand) {
      case Operand.Reg(Register r, _) -> to.add(number(r));
      case Operand.Pair(Operand one, Operand two) -> {
        add(one, to, read);
        add(two, to, read);
      }
      case Operand.Vector(List<Operand> items) -> items.forEach(item -> add(item, to, read));
      case Operand.Arguments(List<Operand> items) -> items.forEach(item -> add(item, to, read));
      case Operand.Address(Operand base, _) -> add(base, read, read);
      default -> {}
    }
  }

  private int number(Register register) {
    return numbers.computeIfAbsent(
        register,
        r -> {
          registers.add(r);
          return registers.size() - 1;
        });
  }

  private int[] starts() {
    BitSet found = new BitSet();
    found.set(0);
    targets.forEach(
        (branch, target) -> {
          found.set(branch + 1);
          found.set(target);
        });
    found.set(code.size());
    return found.stream().toArray();
  }

  private BitSet[] live() {
    int blocks = starts.length - 1;
    BitSet[] read = new BitSet[blocks];
    BitSet[] written = new BitSet[blocks];
    BitSet[] found = new BitSet[blocks + 1];
    found[blocks] = new BitSet();
    for (int block = 0; block < blocks; block++) {
      found[block] = new BitSet();
      read[block] = new BitSet();
      written[block] = new BitSet();
      for (int at = starts[block + 1] - 1; at >= starts[block]; at--) {
        if (code.get(at).guard() == null) {
          set(written[block], writes[at], true);
          set(read[block], writes[at], false);
        }
        set(read[block], reads[at], true);
      }
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int block = blocks - 1; block >= 0; block--) {
        BitSet now = behind(found, block);
        now.andNot(written[block]);
        now.or(read[block]);
        if (!now.equals(found[block])) {
          found[block] = now;
          changed = true;
        }
      }
    }
    return found;
  }

  /// What is live behind a block: where it runs on, and where its last instruction branches to.
  private BitSet behind(BitSet[] found, int block) {
    BitSet now = (BitSet) found[block + 1].clone();
    Integer target = targets.get(starts[block + 1] - 1);
    if (target != null) {
      now.or(found[Arrays.binarySearch(starts, target)]);
    }
    return now;
  }

  private static void set(BitSet set, int[] numbers, boolean value) {
    for (int r : numbers) {
      set.set(r, value);
    }
  }

  /// From the end of a block to its start.
  private void walk(int block) {
    BitSet now = behind(live, block);
    now.stream().forEach(r -> needed(r, starts[block + 1] - 1));
    int width = now.stream().map(this::width).sum();
    for (int at = starts[block + 1] - 1; at >= starts[block]; at--) {
      for (int r : writes[at]) {
        needed(r, at);
        if (now.get(r) && code.get(at).guard() == null) {
          now.clear(r);
          width -= width(r);
        }
      }
      for (int r : reads[at]) {
        needed(r, at);
        if (!now.get(r)) {
          now.set(r);
          width += width(r);
        }
      }
      most = Math.max(most, width);
    }
    now.stream().forEach(r -> needed(r, starts[block]));
  }

  private void needed(int register, int at) {
    first[register] = Math.min(first[register], at);
    last[register] = Math.max(last[register], at);
  }

  private int width(int register) {
    Type type = registers.get(register).type;
    return type == Type.PRED ? 0 : type.bytes == 8 ? 2 : 1;
  }
}
