package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Vector.IntOp;
import dev.hindsight.softgpu.exec.Vector.Ints;
import dev.hindsight.softgpu.exec.Vector.LongOp;
import dev.hindsight.softgpu.exec.Vector.Longs;
import dev.hindsight.softgpu.ptx.Type;

/// `add sub mul.lo mad.lo min max abs neg` of integers, each a loop that becomes vector code.
final class IntegerLoops {
  private IntegerLoops() {}

  static Op op(Operands o, Mods m, String base, Type type) {
    int sources =
        switch (base) {
          case "abs", "neg" -> 1;
          case "mad" -> 3;
          default -> 2;
        };
    o.count(sources + 1);
    if (type.bytes == 8) {
      int a = o.l(o.get(1));
      int b = sources > 1 ? o.l(o.get(2)) : a;
      int c = sources > 2 ? o.l(o.get(3)) : b;
      return new LongOp(o.l(o.get(0)), a, b, c, longs(m, base, type.signed()));
    }
    if (type.bytes == 2) {
      return ArithmeticOps.scalar(o, type, shorts(m, base, type.signed()));
    }
    if (type.bytes != 4) {
      throw m.error("type " + type + " is not supported");
    }
    int a = o.i(o.get(1));
    int b = sources > 1 ? o.i(o.get(2)) : a;
    int c = sources > 2 ? o.i(o.get(3)) : b;
    return new IntOp(o.i(o.get(0)), a, b, c, ints(m, base, type.signed()));
  }

  private static Scalar.Lane shorts(Mods m, String base, boolean signed) {
    return switch (base) {
      case "add" -> (a, b, _) -> a + b;
      case "sub" -> (a, b, _) -> a - b;
      case "mul" -> (a, b, _) -> a * b;
      case "mad" -> (a, b, c) -> a * b + c;
      case "min" ->
          signed ? (a, b, _) -> Math.min((short) a, (short) b) : (a, b, _) -> Math.min(a, b);
      case "max" ->
          signed ? (a, b, _) -> Math.max((short) a, (short) b) : (a, b, _) -> Math.max(a, b);
      case "abs" -> (a, _, _) -> Math.abs((short) a);
      case "neg" -> (a, _, _) -> -a;
      default -> throw m.error("16 bits are not supported");
    };
  }

  private static Ints ints(Mods m, String base, boolean signed) {
    return switch (base) {
      case "add" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] + b[k];
            }
          };
      case "sub" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] - b[k];
            }
          };
      case "mul" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] * b[k];
            }
          };
      case "mad" ->
          (d, a, b, c) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] * b[k] + c[k];
            }
          };
      case "min" ->
          signed
              ? (d, a, b, _) -> {
                for (int k = 0; k < 32; k++) {
                  d[k] = Math.min(a[k], b[k]);
                }
              }
              : (d, a, b, _) -> {
                for (int k = 0; k < 32; k++) {
                  d[k] = Integer.compareUnsigned(a[k], b[k]) < 0 ? a[k] : b[k];
                }
              };
      case "max" ->
          signed
              ? (d, a, b, _) -> {
                for (int k = 0; k < 32; k++) {
                  d[k] = Math.max(a[k], b[k]);
                }
              }
              : (d, a, b, _) -> {
                for (int k = 0; k < 32; k++) {
                  d[k] = Integer.compareUnsigned(a[k], b[k]) > 0 ? a[k] : b[k];
                }
              };
      case "abs" ->
          (d, a, _, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = Math.abs(a[k]);
            }
          };
      case "neg" ->
          (d, a, _, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = -a[k];
            }
          };
      default -> throw m.error("integers are not supported");
    };
  }

  private static Longs longs(Mods m, String base, boolean signed) {
    return switch (base) {
      case "add" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] + b[k];
            }
          };
      case "sub" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] - b[k];
            }
          };
      case "mul" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] * b[k];
            }
          };
      case "mad" ->
          (d, a, b, c) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] * b[k] + c[k];
            }
          };
      case "min" ->
          signed
              ? (d, a, b, _) -> {
                for (int k = 0; k < 32; k++) {
                  d[k] = Math.min(a[k], b[k]);
                }
              }
              : (d, a, b, _) -> {
                for (int k = 0; k < 32; k++) {
                  d[k] = Long.compareUnsigned(a[k], b[k]) < 0 ? a[k] : b[k];
                }
              };
      case "max" ->
          signed
              ? (d, a, b, _) -> {
                for (int k = 0; k < 32; k++) {
                  d[k] = Math.max(a[k], b[k]);
                }
              }
              : (d, a, b, _) -> {
                for (int k = 0; k < 32; k++) {
                  d[k] = Long.compareUnsigned(a[k], b[k]) > 0 ? a[k] : b[k];
                }
              };
      case "abs" ->
          (d, a, _, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = Math.abs(a[k]);
            }
          };
      case "neg" ->
          (d, a, _, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = -a[k];
            }
          };
      default -> throw m.error("integers are not supported");
    };
  }
}
