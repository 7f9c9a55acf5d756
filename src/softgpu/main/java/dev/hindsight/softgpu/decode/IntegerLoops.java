package dev.hindsight.softgpu.decode;

import static dev.hindsight.softgpu.exec.Vector.each;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Vector;
import dev.hindsight.softgpu.exec.Vector.Ints;
import dev.hindsight.softgpu.exec.Vector.Longs;
import dev.hindsight.softgpu.ptx.Type;

/// `add sub mul.lo mad.lo min max abs neg and or xor not shl shr` of integers, each a loop that
/// becomes vector code. Those of 32 and of 64 bits are twins, for speed.
final class IntegerLoops {
  private IntegerLoops() {}

  static Op op(Operands o, Mods m, String base, Type type) {
    int sources =
        switch (base) {
          case "abs", "neg", "not" -> 1;
          case "mad", "fma" -> 3;
          default -> 2;
        };
    String name = unsigned(base, type);
    return switch (type.bytes) {
      case 8 -> {
        int[] at = o.places(sources, o::l);
        yield Vector.longs(at[0], at[1], at[2], at[3], longs(m, name));
      }
      case 4 -> {
        int[] at = o.places(sources, o::i);
        yield Vector.ints(at[0], at[1], at[2], at[3], ints(m, name));
      }
      case 2 -> o.scalar(sources + 1, type, shorts(m, name));
      default -> throw m.error("type " + type + " is not supported");
    };
  }

  /// Where the sign tells two instructions apart, the unsigned one begins with a `u`.
  private static String unsigned(String base, Type type) {
    return switch (base) {
      case "min", "max", "shr" -> type.signed() ? base : "u" + base;
      default -> base;
    };
  }

  private static Scalar.Lane shorts(Mods m, String name) {
    return switch (name) {
      case "add" -> (a, b, _) -> a + b;
      case "sub" -> (a, b, _) -> a - b;
      case "mul" -> (a, b, _) -> a * b;
      case "mad" -> (a, b, c) -> a * b + c;
      case "min" -> (a, b, _) -> Math.min((short) a, (short) b);
      case "umin" -> (a, b, _) -> Math.min(a, b);
      case "max" -> (a, b, _) -> Math.max((short) a, (short) b);
      case "umax" -> (a, b, _) -> Math.max(a, b);
      case "abs" -> (a, _, _) -> Math.abs((short) a);
      case "neg" -> (a, _, _) -> -a;
      case "and" -> (a, b, _) -> a & b;
      case "or" -> (a, b, _) -> a | b;
      case "xor" -> (a, b, _) -> a ^ b;
      case "not" -> (a, _, _) -> ~a;
      default -> throw m.error("16 bits are not supported");
    };
  }

  private static Ints ints(Mods m, String name) {
    return switch (name) {
      case "add" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x + y);
      case "sub" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x - y);
      case "mul" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x * y);
      case "mad" -> (d, a, b, c) -> each(d, a, b, c, (x, y, z) -> x * y + z);
      case "min" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Math.min(x, y));
      case "umin" ->
          (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Integer.compareUnsigned(x, y) < 0 ? x : y);
      case "max" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Math.max(x, y));
      case "umax" ->
          (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Integer.compareUnsigned(x, y) > 0 ? x : y);
      case "abs" -> (d, a, b, c) -> each(d, a, b, c, (x, _, _) -> Math.abs(x));
      case "neg" -> (d, a, b, c) -> each(d, a, b, c, (x, _, _) -> -x);
      case "and" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x & y);
      case "or" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x | y);
      case "xor" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x ^ y);
      case "not" -> (d, a, b, c) -> each(d, a, b, c, (x, _, _) -> ~x);
      case "shl" -> (d, a, b, c) -> each(d, a, b, c, (x, n, _) -> (n & -32) == 0 ? x << n : 0);
      case "shr" -> (d, a, b, c) -> each(d, a, b, c, (x, n, _) -> x >> ((n & -32) == 0 ? n : 31));
      case "ushr" -> (d, a, b, c) -> each(d, a, b, c, (x, n, _) -> (n & -32) == 0 ? x >>> n : 0);
      default -> throw m.error("integers are not supported");
    };
  }

  private static Longs longs(Mods m, String name) {
    return switch (name) {
      case "add" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x + y);
      case "sub" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x - y);
      case "mul" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x * y);
      case "mad" -> (d, a, b, c) -> each(d, a, b, c, (x, y, z) -> x * y + z);
      case "min" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Math.min(x, y));
      case "umin" ->
          (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Long.compareUnsigned(x, y) < 0 ? x : y);
      case "max" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Math.max(x, y));
      case "umax" ->
          (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Long.compareUnsigned(x, y) > 0 ? x : y);
      case "abs" -> (d, a, b, c) -> each(d, a, b, c, (x, _, _) -> Math.abs(x));
      case "neg" -> (d, a, b, c) -> each(d, a, b, c, (x, _, _) -> -x);
      case "and" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x & y);
      case "or" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x | y);
      case "xor" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x ^ y);
      case "not" -> (d, a, b, c) -> each(d, a, b, c, (x, _, _) -> ~x);
      default -> throw m.error("integers are not supported");
    };
  }
}
