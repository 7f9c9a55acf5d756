package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.decode.Liveness.Lifetime;
import dev.hindsight.softgpu.exec.Program;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Warp;
import dev.hindsight.softgpu.ptx.Register;
import dev.hindsight.softgpu.ptx.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Gives every register and constant its place in a register file.
///
/// PTX registers are bits. A 32-bit register goes to the float file when its uses are mostly float,
/// whatever its declaration says: a first pass over the code collects votes, a second one decodes.
final class Slots {
  /// Bits move from b to a.
  private record Link(Register a, Register b) {}

  private final boolean voting;
  private final Map<Register, int[]> votes;
  private final Set<Register> computed;

  /// Indices of float registers whose NaNs come from arithmetic and are canonical on a GPU.
  private final BitSet computedFloats = new BitSet();

  private final List<Link> links = new ArrayList<>();
  private final Map<Register, Integer> indices = new HashMap<>();

  // Constants by value, floats by their bits.
  private final Map<Integer, Integer> intConstants = new LinkedHashMap<>();
  private final Map<Integer, Integer> floatConstants = new LinkedHashMap<>();
  private final Map<Long, Integer> longConstants = new LinkedHashMap<>();
  private final Map<String, Integer> specials = new LinkedHashMap<>();
  private int ints;
  private int floats;
  private int longs;
  private int preds;

  /// For the first pass.
  Slots() {
    voting = true;
    votes = new LinkedHashMap<>();
    computed = new HashSet<>();
  }

  private Slots(Slots voted) {
    voting = false;
    votes = voted.votes;
    computed = voted.computed;
  }

  /// Ends the voting: these slots are for the second pass, in which every register has its place.
  Slots decided() {
    for (int round = 0; round < 4; round++) {
      for (Link link : links) {
        int a = balance(link.a);
        int b = balance(link.b);
        if (a == 0 && b != 0) {
          vote(link.a, b > 0);
        } else if (b == 0 && a != 0) {
          vote(link.b, a > 0);
        }
      }
    }
    boolean grows = true;
    while (grows) {
      grows = false;
      for (Link link : links) {
        grows |= computed.contains(link.b) && computed.add(link.a);
      }
    }
    return new Slots(this);
  }

  /// Gives registers that are never needed at once the same place: nvcc names each value anew, and
  /// caches hold a few hundred arrays, not ten thousand.
  void share(List<Lifetime> lifetimes) {
    Map<String, PriorityQueue<Lifetime>> placed = new HashMap<>();
    List<Lifetime> inOrder = new ArrayList<>(lifetimes);
    inOrder.sort(Comparator.comparingInt(Lifetime::first));
    for (Lifetime next : inOrder) {
      PriorityQueue<Lifetime> others =
          placed.computeIfAbsent(
              file(next.register()),
              _ -> new PriorityQueue<>(Comparator.comparingInt(Lifetime::last)));
      Lifetime over = others.peek();
      // Not where one ends and the other begins: an op may write before it has read all.
      if (over != null && over.last() < next.first()) {
        others.remove();
        indices.put(next.register(), index(over.register()));
      } else {
        indices.put(next.register(), fresh(next.register()));
      }
      others.add(next);
    }
  }

  /// Where a register lives, and what those that share its place have in common with it.
  private String file(Register register) {
    if (register.type == Type.PRED) {
      return "predicates";
    }
    if (register.type.bytes == 8) {
      return "longs";
    }
    return !inFloats(register) ? "ints" : computed.contains(register) ? "computed" : "floats";
  }

  private int balance(Register register) {
    int[] count = votes.get(register);
    return count == null ? 0 : count[1] - count[0];
  }

  void vote(Register register, boolean forFloat) {
    if (voting) {
      votes.computeIfAbsent(register, _ -> new int[2])[forFloat ? 1 : 0]++;
    }
  }

  /// Notes that arithmetic writes this register.
  void computed(Register register) {
    computed.add(register);
  }

  /// Notes that bits move from b to a, which then had better share a file.
  void link(Register a, Register b) {
    if (voting) {
      links.add(new Link(a, b));
    }
  }

  /// Whether a 32-bit register lives in the float file.
  boolean inFloats(Register register) {
    return register.type.bytes == 4 && balance(register) > 0;
  }

  int index(Register register) {
    Integer known = indices.get(register);
    if (known == null) {
      known = fresh(register);
      indices.put(register, known);
    }
    return known;
  }

  private int fresh(Register register) {
    if (register.type == Type.PRED) {
      return preds++;
    }
    if (register.type.bytes == 8) {
      return longs++;
    }
    if (!inFloats(register)) {
      return ints++;
    }
    computedFloats.set(floats, computed.contains(register));
    return floats++;
  }

  /// Where a register lives, as raw bits.
  Ref ref(Register register) {
    Ref.File file =
        register.type == Type.PRED
            ? Ref.File.PRED
            : register.type.bytes == 8
                ? Ref.File.LONG
                : register.type.bytes < 4
                    ? Ref.File.SHORT
                    : inFloats(register) ? Ref.File.FLOAT : Ref.File.INT;
    return new Ref(file, index(register));
  }

  int intConstant(int value) {
    return intConstants.computeIfAbsent(value, _ -> ints++);
  }

  int floatConstant(int bits) {
    return floatConstants.computeIfAbsent(bits, _ -> floats++);
  }

  int longConstant(long value) {
    return longConstants.computeIfAbsent(value, _ -> longs++);
  }

  int special(String name) {
    return specials.computeIfAbsent(name, _ -> ints++);
  }

  Program.Registers registers() {
    int[] @Nullable [] ofInts = new int[ints][];
    float[] @Nullable [] ofFloats = new float[floats][];
    long[] @Nullable [] ofLongs = new long[longs][];
    intConstants.forEach((value, at) -> ofInts[at] = lanes().map(_ -> value).toArray());
    longConstants.forEach((value, at) -> ofLongs[at] = lanes().mapToLong(_ -> value).toArray());
    floatConstants.forEach(
        (bits, at) -> {
          float[] lanes = new float[Warp.LANES];
          Arrays.fill(lanes, Float.intBitsToFloat(bits));
          ofFloats[at] = lanes;
        });
    return new Program.Registers(
        ofInts, ofFloats, ofLongs, preds, computedFloats, Map.copyOf(specials));
  }

  private static IntStream lanes() {
    return IntStream.range(0, Warp.LANES);
  }
}
