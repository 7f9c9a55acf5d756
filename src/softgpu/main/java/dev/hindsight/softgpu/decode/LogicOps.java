package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Predicates;
import dev.hindsight.softgpu.exec.Predicates.Logic;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Vector;
import dev.hindsight.softgpu.exec.Vector.LongShift;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.List;
import java.util.Map;

/// `and or xor not cnot shl shr`. Shift amounts beyond the width are clamped to it.
final class LogicOps {
  private LogicOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    for (String base : List.of("and", "or", "xor", "not")) {
      all.put(base, (o, m) -> logic(o, m, base));
    }
    all.put("cnot", (o, m) -> o.scalar(2, m.type(), (a, _, _) -> a == 0 ? 1 : 0));
    all.put("shl", (o, m) -> shift(o, m, "shl"));
    all.put("shr", (o, m) -> shift(o, m, "shr"));
  }

  static Logic predicate(String base) {
    return switch (base) {
      case "and" -> (a, b) -> a & b;
      case "or" -> (a, b) -> a | b;
      case "xor" -> (a, b) -> a ^ b;
      default -> (a, _) -> ~a;
    };
  }

  private static Op logic(Operands o, Mods m, String base) {
    if (!m.take("pred")) {
      return IntegerLoops.op(o, m, base, m.type());
    }
    int last = base.equals("not") ? 1 : 2;
    o.count(last + 1);
    Operand a = o.get(1);
    Operand b = o.get(last);
    Logic logic = predicate(base);
    boolean first = a instanceof Operand.Int;
    if ((first ? a : b) instanceof Operand.Int(long value)) { // nvcc writes xor.pred p, q, -1
      int all = value == 0 ? 0 : -1;
      Predicates.Source only = o.source(first ? b : a);
      return Predicates.logic(o.p(0), only, only, (x, _) -> logic.apply(x, all));
    }
    return Predicates.logic(o.p(0), o.source(a), o.source(b), logic);
  }

  private static Op shift(Operands o, Mods m, String base) {
    Type type = m.type();
    boolean left = base.equals("shl");
    return switch (type.bytes) {
      case 8 -> {
        o.count(3);
        yield Vector.longShift(o.l(0), o.l(1), o.i(2), left ? LogicOps::left : right(type));
      }
      case 2 ->
          o.scalar(left ? (a, b, _) -> b > 15 ? 0 : a << b : right16(type), type, type, Type.U32);
      default -> IntegerLoops.op(o, m, base, type);
    };
  }

  private static Scalar.Lane right16(Type type) {
    return type.signed()
        ? (a, b, _) -> (short) a >> Math.min(b, 15)
        : (a, b, _) -> b > 15 ? 0 : a >> b;
  }

  private static void left(long[] d, long[] a, int[] b) {
    for (int k = 0; k < 32; k++) {
      d[k] = (b[k] & -64) == 0 ? a[k] << b[k] : 0;
    }
  }

  private static LongShift right(Type type) {
    return type.signed()
        ? (d, a, b) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = a[k] >> ((b[k] & -64) == 0 ? b[k] : 63);
          }
        }
        : (d, a, b) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = (b[k] & -64) == 0 ? a[k] >>> b[k] : 0;
          }
        };
  }
}
