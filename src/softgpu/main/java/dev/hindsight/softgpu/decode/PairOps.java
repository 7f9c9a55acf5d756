package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Predicates.Combination;
import dev.hindsight.softgpu.exec.Predicates.Comparison;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.ptx.Type;

/// `set` and `setp` on pairs of 16-bit floats: each half has a result of its own.
final class PairOps {
  private PairOps() {}

  static boolean isPair(Type type) {
    return type == Type.F16X2 || type == Type.BF16X2;
  }

  /// The comparison of the low halves and that of the high ones.
  private record Halves(Comparison low, Comparison high) {
    static Halves of(Operands o, Type type, CompareOps.Bits test) {
      Ref a = o.ref(1, type);
      Ref b = o.ref(2, type);
      return new Halves(
          CompareOps.scalar(a, b, test),
          CompareOps.scalar(a, b, (x, y) -> test.test(x >>> 16, y >>> 16)));
    }
  }

  /// `setp`: the first predicate is that of the low half, the second that of the high one.
  static Op setp(Operands o, Type type, CompareOps.Bits test, Combination combination) {
    int p = CompareOps.first(o);
    int q = CompareOps.second(o);
    Halves halves = Halves.of(o, type, test);
    return Op.of(
        (w, mask) -> {
          int bits = combination.apply(w, halves.low.run(w));
          int others = combination.apply(w, halves.high.run(w));
          w.setPred(p, mask, bits);
          if (q >= 0) {
            w.setPred(q, mask, others);
          }
        });
  }

  /// What a half that holds writes.
  static long yes(Mods m, Type result) {
    return switch (result) {
      case F16X2 -> 0x3c00;
      case BF16X2 -> 0x3f80;
      case U32, S32, B32 -> 0xffff;
      default -> throw m.error("wanted a pair or 32 bits as result");
    };
  }

  /// `set`: `yes` in each half that compares true.
  static Op set(
      Operands o, Ref d, long yes, Type type, CompareOps.Bits test, Combination combination) {
    Halves halves = Halves.of(o, type, test);
    return Op.of(
        (w, mask) -> {
          int bits = combination.apply(w, halves.low.run(w));
          int others = combination.apply(w, halves.high.run(w));
          for (int rest = mask; rest != 0; rest &= rest - 1) {
            int k = Integer.numberOfTrailingZeros(rest);
            long upper = (others >>> k & 1) * yes;
            d.set(w, k, ((bits >>> k & 1) * yes) | (upper << 16));
          }
        });
  }
}
