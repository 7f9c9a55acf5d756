package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Predicates;
import dev.hindsight.softgpu.exec.Predicates.Combination;
import dev.hindsight.softgpu.exec.Predicates.Comparison;
import dev.hindsight.softgpu.exec.Predicates.Source;
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
    all.put("testp", CompareOps::testp);
  }

  private static Op setp(Operands o, Mods m) {
    String how = m.oneOf("", COMPARISONS);
    String combine = m.oneOf("", "and", "or", "xor");
    boolean ftz = m.take("ftz");
    Type type = m.type();
    Combination combination = combination(o, combine);
    return PairOps.isPair(type)
        ? PairOps.setp(o, type, CompareLoops.halves(m, how, type, ftz), combination)
        : Predicates.setp(first(o), second(o), combination, comparison(o, m, how, type, ftz));
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

  private static Comparison comparison(Operands o, Mods m, String how, Type type, boolean ftz) {
    switch (type) {
      case F32 -> {
        return Predicates.floats(o.f(1), o.f(2), CompareLoops.floats(m, how, ftz));
      }
      case F64 -> {
        return CompareLoops.doubles(m, how, o.l(1), o.l(2));
      }
      case F16, BF16 -> {
        return scalar(o.ref(1, type), o.ref(2, type), CompareLoops.halves(m, how, type, ftz));
      }
      default -> {}
    }
    boolean signed = type.signed();
    return switch (type.bytes) {
      case 8 -> Predicates.longs(o.l(1), o.l(2), CompareLoops.longs(m, how, signed));
      case 4 -> Predicates.ints(o.i(1), o.i(2), CompareLoops.ints(m, how, signed));
      case 2 -> scalar(o.ref(1, type), o.ref(2, type), CompareLoops.shorts(m, how, signed));
      default -> throw m.error("type " + type + " is not supported");
    };
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

  private static Combination combination(Operands o, String combine) {
    o.count(combine.isEmpty() ? 3 : 4);
    Source with = combine.isEmpty() ? new Source(-1, false) : o.source(o.get(3));
    return new Combination(LogicOps.predicate(combine), with);
  }

  private static Op set(Operands o, Mods m) {
    String how = m.oneOf("", COMPARISONS);
    String combine = m.oneOf("", "and", "or", "xor");
    boolean ftz = m.take("ftz");
    Type result = m.type();
    Type type = m.type();
    Combination combination = combination(o, combine);
    Ref d = o.ref(0, result);
    if (PairOps.isPair(type)) {
      CompareOps.Bits test = CompareLoops.halves(m, how, type, ftz);
      return PairOps.set(o, d, PairOps.yes(m, result), type, test, combination);
    }
    long yes = yes(m, result);
    Comparison comparison = comparison(o, m, how, type, ftz);
    return Op.of(
        (w, mask) -> {
          int bits = combination.apply(w, comparison.run(w));
          for (int rest = mask; rest != 0; rest &= rest - 1) {
            int k = Integer.numberOfTrailingZeros(rest);
            d.set(w, k, (bits >>> k & 1) != 0 ? yes : 0);
          }
        });
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
    Source p = o.source(o.get(3));
    if (type.bytes == 8) {
      return Predicates.selectLongs(o.l(0), o.l(1), o.l(2), p);
    }
    if (type.bytes == 2) {
      boolean not = p.negated();
      return o.scalar((a, b, c) -> (c != 0) != not ? a : b, type, type, type, Type.PRED);
    }
    if (type == Type.F32) {
      o.vote(o.get(0), true);
    }
    o.link(o.get(0), o.get(1));
    o.link(o.get(0), o.get(2));
    return o.inFloats(o.get(0))
        ? Predicates.selectFloats(
            o.floatMove(o.get(0)), o.floatMove(o.get(1)), o.floatMove(o.get(2)), p)
        : Predicates.selectInts(o.intMove(o.get(0)), o.intMove(o.get(1)), o.intMove(o.get(2)), p);
  }

  private static Op slct(Operands o, Mods m) {
    boolean ftz = m.take("ftz");
    Type type = m.type();
    Type test = m.type();
    Scalar.Lane lane =
        switch (test) {
          case S32 -> (x, y, z) -> (int) z >= 0 ? x : y;
          case F32 ->
              (x, y, z) -> {
                float f = Float.intBitsToFloat((int) z);
                return (ftz ? Rounding.flush(f) : f) >= 0 ? x : y;
              };
          default -> throw m.error("wanted s32 or f32 to choose by");
        };
    return o.scalar(lane, type, type, type, test);
  }

  private static Op testp(Operands o, Mods m) {
    String what = m.oneOf("", "finite", "infinite", "number", "notanumber", "normal", "subnormal");
    Type type = m.type();
    return o.scalar(
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
        },
        Type.PRED,
        type);
  }
}
