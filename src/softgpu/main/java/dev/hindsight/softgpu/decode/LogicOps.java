package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Predicates.Logic;
import dev.hindsight.softgpu.exec.Predicates.LogicOp;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Vector.IntOp;
import dev.hindsight.softgpu.exec.Vector.Ints;
import dev.hindsight.softgpu.exec.Vector.LongOp;
import dev.hindsight.softgpu.exec.Vector.LongShift;
import dev.hindsight.softgpu.exec.Vector.LongShiftOp;
import dev.hindsight.softgpu.exec.Vector.Longs;
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
    all.put("cnot", LogicOps::cnot);
    all.put("shl", (o, m) -> shift(o, m, true));
    all.put("shr", (o, m) -> shift(o, m, false));
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
    boolean not = base.equals("not");
    if (m.take("pred")) {
      o.count(not ? 2 : 3);
      var a = o.get(1);
      var b = o.get(not ? 1 : 2);
      return new LogicOp(
          o.p(o.get(0)), o.p(a), Operands.negated(a), o.p(b), Operands.negated(b), predicate(base));
    }
    Type type = m.type();
    o.count(not ? 2 : 3);
    if (type.bytes == 8) {
      int a = o.l(o.get(1));
      int b = not ? a : o.l(o.get(2));
      return new LongOp(o.l(o.get(0)), a, b, b, longs(base));
    }
    if (type.bytes == 2) {
      return ArithmeticOps.scalar(
          o,
          type,
          switch (base) {
            case "and" -> (a, b, _) -> a & b;
            case "or" -> (a, b, _) -> a | b;
            case "xor" -> (a, b, _) -> a ^ b;
            default -> (a, _, _) -> ~a;
          });
    }
    int a = o.i(o.get(1));
    int b = not ? a : o.i(o.get(2));
    return new IntOp(o.i(o.get(0)), a, b, b, ints(base));
  }

  private static Ints ints(String base) {
    return switch (base) {
      case "and" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] & b[k];
            }
          };
      case "or" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] | b[k];
            }
          };
      case "xor" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] ^ b[k];
            }
          };
      default ->
          (d, a, _, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = ~a[k];
            }
          };
    };
  }

  private static Longs longs(String base) {
    return switch (base) {
      case "and" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] & b[k];
            }
          };
      case "or" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] | b[k];
            }
          };
      case "xor" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] ^ b[k];
            }
          };
      default ->
          (d, a, _, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = ~a[k];
            }
          };
    };
  }

  private static Op cnot(Operands o, Mods m) {
    Type type = m.type();
    o.count(2);
    return ArithmeticOps.scalar(o, type, (a, _, _) -> a == 0 ? 1 : 0);
  }

  private static Op shift(Operands o, Mods m, boolean left) {
    Type type = m.type();
    o.count(3);
    boolean signed = type.signed();
    if (type.bytes == 8) {
      return new LongShiftOp(
          o.l(o.get(0)), o.l(o.get(1)), o.i(o.get(2)), left ? LogicOps::shl : longRight(signed));
    }
    if (type.bytes == 2) {
      Scalar.Lane lane =
          left
              ? (a, b, _) -> b > 15 ? 0 : a << b
              : signed
                  ? (a, b, _) -> (short) a >> Math.min(b, 15)
                  : (a, b, _) -> b > 15 ? 0 : a >> b;
      return new Scalar(
          o.ref(o.get(0), type),
          o.ref(o.get(1), type),
          o.ref(o.get(2), Type.U32),
          o.ref(o.get(2), Type.U32),
          lane);
    }
    int a = o.i(o.get(1));
    int b = o.i(o.get(2));
    return new IntOp(o.i(o.get(0)), a, b, b, left ? LogicOps::shl : intRight(signed));
  }

  private static void shl(int[] d, int[] a, int[] b, int[] c) {
    for (int k = 0; k < 32; k++) {
      d[k] = (b[k] & -32) == 0 ? a[k] << b[k] : 0;
    }
  }

  private static Ints intRight(boolean signed) {
    return signed
        ? (d, a, b, _) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = a[k] >> ((b[k] & -32) == 0 ? b[k] : 31);
          }
        }
        : (d, a, b, _) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = (b[k] & -32) == 0 ? a[k] >>> b[k] : 0;
          }
        };
  }

  private static void shl(long[] d, long[] a, int[] b) {
    for (int k = 0; k < 32; k++) {
      d[k] = (b[k] & -64) == 0 ? a[k] << b[k] : 0;
    }
  }

  private static LongShift longRight(boolean signed) {
    return signed
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
