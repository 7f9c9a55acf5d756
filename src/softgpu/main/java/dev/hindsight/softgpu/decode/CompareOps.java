package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Predicates;
import dev.hindsight.softgpu.exec.Predicates.Comparison;
import dev.hindsight.softgpu.exec.Predicates.Logic;
import dev.hindsight.softgpu.exec.Predicates.Setp;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Warp;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Map;

/// `setp set selp slct testp`.
final class CompareOps {
  private static final String[] COMPARISONS = {
    "eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu",
    "geu", "num", "nan"
  };

  private CompareOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("setp", CompareOps::setp);
    all.put("set", CompareOps::set);
    all.put("selp", CompareOps::selp);
    all.put("slct", CompareOps::slct);
  }

  private static Op setp(Operands o, Mods m) {
    String how = m.oneOf("", COMPARISONS);
    String combine = m.oneOf("", "and", "or", "xor");
    boolean ftz = m.take("ftz");
    Type type = m.type();
    o.count(combine.isEmpty() ? 3 : 4);
    if (PairOps.isPair(type)) {
      return PairOps.setp(o, type, CompareLoops.halves(m, how, type, ftz), combination(o, combine));
    }
    Operand with = combine.isEmpty() ? o.get(0) : o.get(3);
    return new Setp(
        first(o),
        second(o),
        combine.isEmpty() ? -1 : o.p(with),
        Operands.negated(with),
        LogicOps.predicate(combine),
        comparison(o, m, how, type, ftz, o.get(1), o.get(2)));
  }

  /// The predicate p of `p` or `p|q`.
  static int first(Operands o) {
    return o.p(o.get(0) instanceof Operand.Pair(Operand p, _) ? p : o.get(0));
  }

  /// The predicate q of `p|q`, or -1 where nobody wants it.
  static int second(Operands o) {
    return o.get(0) instanceof Operand.Pair(_, Operand q) && !(q instanceof Operand.Ignored)
        ? o.p(q)
        : -1;
  }

  private static Comparison comparison(
      Operands o, Mods m, String how, Type type, boolean ftz, Operand a, Operand b) {
    switch (type) {
      case F32 -> {
        return Predicates.floats(o.f(a), o.f(b), CompareLoops.floats(m, how, ftz));
      }
      case F64 -> {
        return CompareLoops.doubles(m, how, o.l(a), o.l(b));
      }
      case F16, BF16 -> {
        return scalar(o.ref(a, type), o.ref(b, type), CompareLoops.halves(m, how, type, ftz));
      }
      default -> {}
    }
    if (type.bytes == 8) {
      return Predicates.longs(o.l(a), o.l(b), CompareLoops.longs(m, how, type.signed()));
    }
    if (type.bytes == 2) {
      return scalar(o.ref(a, type), o.ref(b, type), CompareLoops.shorts(m, how, type.signed()));
    }
    if (type.bytes != 4) {
      throw m.error("type " + type + " is not supported");
    }
    return Predicates.ints(o.i(a), o.i(b), CompareLoops.ints(m, how, type.signed()));
  }

  /// Compares raw bits.
  interface Bits {
    boolean test(long a, long b);
  }

  static Comparison scalar(Ref a, Ref b, Bits test) {
    return w -> {
      int bits = 0;
      for (int k = 0; k < Warp.LANES; k++) {
        bits |= test.test(a.get(w, k), b.get(w, k)) ? 1 << k : 0;
      }
      return bits;
    };
  }

  /// How a result is combined with a predicate; a plain comparison stays what it is.
  record Combination(Logic logic, int with, boolean negated) {
    int apply(Warp w, int bits) {
      return with < 0 ? bits : logic.apply(bits, negated ? ~w.preds[with] : w.preds[with]);
    }
  }

  private static Combination combination(Operands o, String combine) {
    Logic logic = LogicOps.predicate(combine);
    return combine.isEmpty()
        ? new Combination(logic, -1, false)
        : new Combination(logic, o.p(o.get(3)), Operands.negated(o.get(3)));
  }

  private static Op set(Operands o, Mods m) {
    String how = m.oneOf("", COMPARISONS);
    String combine = m.oneOf("", "and", "or", "xor");
    boolean ftz = m.take("ftz");
    Type result = m.type();
    Type type = m.type();
    o.count(combine.isEmpty() ? 3 : 4);
    Ref d = o.ref(o.get(0), result);
    Combination combination = combination(o, combine);
    if (PairOps.isPair(type)) {
      return PairOps.set(
          o, d, PairOps.yes(m, result), type, CompareLoops.halves(m, how, type, ftz), combination);
    }
    long yes = yes(m, result);
    Comparison comparison = comparison(o, m, how, type, ftz, o.get(1), o.get(2));
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        int bits = combination.apply(w, comparison.run(w));
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          int k = Integer.numberOfTrailingZeros(rest);
          d.set(w, k, (bits >>> k & 1) != 0 ? yes : 0);
        }
      }
    };
  }

  private static long yes(Mods m, Type result) {
    return switch (result) {
      case F32 -> 0x3f800000;
      case F16 -> 0x3c00;
      case BF16 -> 0x3f80;
      case U16, S16 -> 0xffff;
      case U32, S32, B32 -> -1;
      default -> throw m.error("result type " + result + " is not supported");
    };
  }

  private static Op selp(Operands o, Mods m) {
    Type type = m.type();
    o.count(4);
    Operand p = o.get(3);
    boolean not = Operands.negated(p);
    if (type.bytes == 8) {
      return new Predicates.SelectLongs(o.l(o.get(0)), o.l(o.get(1)), o.l(o.get(2)), o.p(p), not);
    }
    if (type.bytes == 2) {
      return new Scalar(
          o.ref(o.get(0), type),
          o.ref(o.get(1), type),
          o.ref(o.get(2), type),
          o.ref(p, Type.PRED),
          (a, b, c) -> (c != 0) != not ? a : b);
    }
    if (type == Type.F32) {
      o.vote(o.get(0), true);
    }
    o.link(o.get(0), o.get(1));
    o.link(o.get(0), o.get(2));
    return o.inFloats(o.get(0))
        ? new Predicates.SelectFloats(
            o.floatMove(o.get(0)), o.floatMove(o.get(1)), o.floatMove(o.get(2)), o.p(p), not)
        : new Predicates.SelectInts(
            o.intMove(o.get(0)), o.intMove(o.get(1)), o.intMove(o.get(2)), o.p(p), not);
  }

  private static Op slct(Operands o, Mods m) {
    boolean ftz = m.take("ftz");
    Type type = m.type();
    Type test = m.type();
    o.count(4);
    Ref d = o.ref(o.get(0), type);
    Ref a = o.ref(o.get(1), type);
    Ref b = o.ref(o.get(2), type);
    Ref c = o.ref(o.get(3), test);
    if (test == Type.S32) {
      return new Scalar(d, a, b, c, (x, y, z) -> (int) z >= 0 ? x : y);
    }
    if (test != Type.F32) {
      throw m.error("wanted s32 or f32 to choose by");
    }
    return new Scalar(
        d,
        a,
        b,
        c,
        (x, y, z) -> {
          float f = Float.intBitsToFloat((int) z);
          return (ftz ? Rounding.flush(f) : f) >= 0 ? x : y;
        });
  }

  static Op testp(Operands o, Mods m) {
    String what = m.oneOf("", "finite", "infinite", "number", "notanumber", "normal", "subnormal");
    Type type = m.type();
    o.count(2);
    return new Scalar(
        o.ref(o.get(0), Type.PRED),
        o.ref(o.get(1), type),
        new Ref(Ref.File.NOWHERE, 0),
        new Ref(Ref.File.NOWHERE, 0),
        (bits, _, _) -> {
          double v =
              type == Type.F64 ? Double.longBitsToDouble(bits) : Float.intBitsToFloat((int) bits);
          double least = type == Type.F64 ? Double.MIN_NORMAL : Float.MIN_NORMAL;
          boolean yes =
              switch (what) {
                case "finite" -> Double.isFinite(v);
                case "infinite" -> Double.isInfinite(v);
                case "number" -> !Double.isNaN(v);
                case "notanumber" -> Double.isNaN(v);
                case "normal" -> Double.isFinite(v) && Math.abs(v) >= least;
                default -> v != 0 && Math.abs(v) < least;
              };
          return yes ? 1 : 0;
        });
  }
}
