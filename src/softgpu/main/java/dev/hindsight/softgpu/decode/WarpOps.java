package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Agreement;
import dev.hindsight.softgpu.exec.AsyncCopy;
import dev.hindsight.softgpu.exec.Collective;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Shuffle;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntBinaryOperator;

/// What the lanes of a warp do together, and `cp.async`.
final class WarpOps {
  private WarpOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("shfl", WarpOps::shfl);
    all.put("vote", WarpOps::vote);
    all.put("match", WarpOps::match);
    all.put("redux", WarpOps::redux);
    all.put("elect", WarpOps::elect);
    all.put("activemask", WarpOps::activemask);
    all.put("cp", WarpOps::cp);
  }

  private static Op meeting(Collective op, Operands o, Operand members) {
    op.members = o.i(members);
    op.signature = o.source().name();
    return op;
  }

  private static Op shfl(Operands o, Mods m) {
    m.want("sync");
    String mode = m.one("up", "down", "bfly", "idx");
    m.type();
    o.count(5);
    Operand first = o.get(0);
    Operand d = first instanceof Operand.Pair(Operand one, _) ? one : first;
    int p = first instanceof Operand.Pair(_, Operand two) ? o.p(two) : -1;
    o.link(d, o.get(1));
    int target = d instanceof Operand.Ignored ? o.sink(Type.B32).index() : o.intMove(d);
    return meeting(
        new Shuffle(
            Shuffle.Mode.valueOf(mode.toUpperCase(Locale.ROOT)),
            target,
            p,
            o.intMove(o.get(1)),
            o.i(o.get(2)),
            o.i(o.get(3))),
        o,
        o.get(4));
  }

  private static Op vote(Operands o, Mods m) {
    m.want("sync");
    String mode = m.oneOf("", "all", "any", "uni", "ballot");
    boolean ballot = mode.equals("ballot");
    if (!m.take(ballot ? "b32" : "pred") || mode.isEmpty()) {
      throw m.error("wanted .all.pred, .any.pred, .uni.pred or .ballot.b32");
    }
    o.count(3);
    Ref source = o.ref(o.get(1), Type.PRED);
    boolean not = Operands.negated(o.get(1));
    Agreement.Rule rule =
        (mask, in, _, out) -> {
          int votes = 0;
          for (int rest = mask; rest != 0; rest &= rest - 1) {
            int k = Integer.numberOfTrailingZeros(rest);
            votes |= (in[k] & 1) << k;
          }
          Arrays.fill(out, votes);
          return switch (mode) {
            case "all" -> votes == mask ? -1 : 0;
            case "any" -> votes != 0 ? -1 : 0;
            default -> votes == mask || votes == 0 ? -1 : 0;
          };
        };
    Ref target = ballot ? o.ref(o.get(0), Type.B32) : Ref.NONE;
    int pred = ballot ? -1 : o.p(o.get(0));
    return meeting(new Agreement(source, target, pred, not, false, rule), o, o.get(2));
  }

  private static Op match(Operands o, Mods m) {
    boolean all = !m.either("any", "all");
    m.want("sync");
    Type type = m.type();
    o.count(3);
    Operand first = o.get(0);
    Operand d = first instanceof Operand.Pair(Operand one, _) ? one : first;
    int pred = first instanceof Operand.Pair(_, Operand two) ? o.p(two) : -1;
    Agreement.Rule rule =
        (mask, in, high, out) -> {
          int whole = -1;
          for (int rest = mask; rest != 0; rest &= rest - 1) {
            int k = Integer.numberOfTrailingZeros(rest);
            int same = 0;
            for (int left = mask; left != 0; left &= left - 1) {
              int j = Integer.numberOfTrailingZeros(left);
              same |= in[j] == in[k] && high[j] == high[k] ? 1 << j : 0;
            }
            whole = same == mask ? whole : 0;
            out[k] = same;
          }
          for (int k = 0; all && k < 32; k++) {
            out[k] = whole & mask;
          }
          return whole;
        };
    return meeting(
        new Agreement(
            o.ref(o.get(1), type), o.ref(d, Type.B32), all ? pred : -1, false, false, rule),
        o,
        o.get(2));
  }

  private static Op redux(Operands o, Mods m) {
    m.want("sync");
    String what = m.oneOf("", "add", "min", "max", "and", "or", "xor");
    Type type = m.type();
    o.count(3);
    boolean signed = type.signed();
    IntBinaryOperator join =
        switch (what) {
          case "add" -> Integer::sum;
          case "and" -> (a, b) -> a & b;
          case "or" -> (a, b) -> a | b;
          case "xor" -> (a, b) -> a ^ b;
          case "min" -> signed ? Math::min : (a, b) -> Integer.compareUnsigned(a, b) < 0 ? a : b;
          case "max" -> signed ? Math::max : (a, b) -> Integer.compareUnsigned(a, b) > 0 ? a : b;
          default -> throw m.error("operation is not supported");
        };
    if (type.bytes != 4 || type.floating()) {
      throw m.error("wanted a 32-bit integer type");
    }
    Agreement.Rule rule =
        (mask, in, _, out) -> {
          int first = Integer.numberOfTrailingZeros(mask);
          int value = in[first];
          for (int rest = mask & mask - 1; rest != 0; rest &= rest - 1) {
            value = join.applyAsInt(value, in[Integer.numberOfTrailingZeros(rest)]);
          }
          Arrays.fill(out, value);
          return 0;
        };
    return meeting(
        new Agreement(o.ref(o.get(1), type), o.ref(o.get(0), type), -1, false, false, rule),
        o,
        o.get(2));
  }

  private static Op elect(Operands o, Mods m) {
    m.want("sync");
    o.count(2);
    if (!(o.get(0) instanceof Operand.Pair(Operand d, Operand p))) {
      throw m.error("wanted d|p");
    }
    Agreement.Rule rule =
        (mask, _, _, out) -> {
          Arrays.fill(out, Integer.numberOfTrailingZeros(mask));
          return mask & -mask;
        };
    return meeting(
        new Agreement(Ref.NONE, o.ref(d, Type.B32), o.p(p), false, false, rule), o, o.get(1));
  }

  static Op barWarp(Operands o, Mods m) {
    m.want("sync");
    o.count(1);
    return meeting(
        new Agreement(Ref.NONE, Ref.NONE, -1, false, true, (_, _, _, _) -> 0), o, o.get(0));
  }

  private static Op activemask(Operands o, Mods m) {
    m.type();
    o.count(1);
    Ref d = o.ref(o.get(0), Type.B32);
    return Op.of(
        (w, mask) -> {
          for (int rest = mask; rest != 0; rest &= rest - 1) {
            d.set(w, Integer.numberOfTrailingZeros(rest), mask);
          }
        });
  }

  private static Op cp(Operands o, Mods m) {
    boolean reduces = m.take("reduce");
    m.want("async");
    if (m.take("bulk")) {
      return m.take("tensor")
          ? TensorOps.copy(o, m, reduces)
          : reduces ? TensorOps.reduction(o, m) : MbarrierOps.bulk(o, m);
    }
    if (m.take("mbarrier")) {
      return MbarrierOps.copies(o, m);
    }
    if (m.take("commit_group")) {
      o.count(0);
      return Op.of((w, mask) -> w.asyncCopies.commit(mask));
    }
    boolean all = m.take("wait_all");
    if (all || m.take("wait_group")) {
      return wait(o, all);
    }
    m.drop("ca", "cg", "shared", "shared::cta", "global");
    int operands = o.count() - MemoryOps.policies(m);
    m.dropPrefix("L2::");
    long bytes = o.immediate(2, "a copy size");
    if (bytes != 4 && bytes != 8 && bytes != 16) {
      throw m.error("wanted 4, 8 or 16 bytes, got " + bytes);
    }
    Operand.Address to = MemoryOps.address(o, o.get(0));
    Operand.Address from = MemoryOps.address(o, o.get(1));
    return new AsyncCopy(
        MemoryOps.place(o, to, MoveOps.isWide(to.base())),
        MemoryOps.place(o, from, true),
        (int) bytes,
        operands > 3 ? o.i(o.get(3)) : AsyncCopy.ALL);
  }

  private static Op wait(Operands o, boolean all) {
    o.count(all ? 0 : 1);
    int keep = all ? -1 : (int) o.immediate(0, "a number of groups");
    return Op.of((w, mask) -> w.asyncCopies.await(w, mask, keep));
  }
}
