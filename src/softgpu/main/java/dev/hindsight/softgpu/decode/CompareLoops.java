package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Halves;
import dev.hindsight.softgpu.exec.Predicates.CompareFloats;
import dev.hindsight.softgpu.exec.Predicates.CompareInts;
import dev.hindsight.softgpu.exec.Predicates.CompareLongs;
import dev.hindsight.softgpu.exec.Predicates.Comparison;
import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.ptx.Type;

/// The loops of `setp`. A `u` behind a float comparison means: or unordered.
final class CompareLoops {
  private CompareLoops() {}

  private interface IntTest {
    boolean test(int a, int b);
  }

  private interface LongTest {
    boolean test(long a, long b);
  }

  private interface DoubleTest {
    boolean test(double a, double b);
  }

  static CompareInts ints(Mods m, String how, boolean signed) {
    return switch (unsigned(how, signed)) {
      case "eq" -> (a, b) -> gather(a, b, (x, y) -> x == y);
      case "ne" -> (a, b) -> gather(a, b, (x, y) -> x != y);
      case "lt" -> (a, b) -> gather(a, b, (x, y) -> x < y);
      case "le" -> (a, b) -> gather(a, b, (x, y) -> x <= y);
      case "gt" -> (a, b) -> gather(a, b, (x, y) -> x > y);
      case "ge" -> (a, b) -> gather(a, b, (x, y) -> x >= y);
      case "lo" -> (a, b) -> gather(a, b, (x, y) -> Integer.compareUnsigned(x, y) < 0);
      case "ls" -> (a, b) -> gather(a, b, (x, y) -> Integer.compareUnsigned(x, y) <= 0);
      case "hi" -> (a, b) -> gather(a, b, (x, y) -> Integer.compareUnsigned(x, y) > 0);
      case "hs" -> (a, b) -> gather(a, b, (x, y) -> Integer.compareUnsigned(x, y) >= 0);
      default -> throw m.error("comparison is not supported");
    };
  }

  private static int gather(int[] a, int[] b, IntTest test) {
    int bits = 0;
    for (int k = 0; k < 32; k++) {
      bits |= test.test(a[k], b[k]) ? 1 << k : 0;
    }
    return bits;
  }

  /// Unsigned types compare with the unsigned forms.
  private static String unsigned(String how, boolean signed) {
    return signed
        ? how
        : switch (how) {
          case "lt" -> "lo";
          case "le" -> "ls";
          case "gt" -> "hi";
          case "ge" -> "hs";
          default -> how;
        };
  }

  private static LongTest longTest(Mods m, String how, boolean signed) {
    return switch (unsigned(how, signed)) {
      case "eq" -> (x, y) -> x == y;
      case "ne" -> (x, y) -> x != y;
      case "lt" -> (x, y) -> x < y;
      case "le" -> (x, y) -> x <= y;
      case "gt" -> (x, y) -> x > y;
      case "ge" -> (x, y) -> x >= y;
      case "lo" -> (x, y) -> Long.compareUnsigned(x, y) < 0;
      case "ls" -> (x, y) -> Long.compareUnsigned(x, y) <= 0;
      case "hi" -> (x, y) -> Long.compareUnsigned(x, y) > 0;
      case "hs" -> (x, y) -> Long.compareUnsigned(x, y) >= 0;
      default -> throw m.error("comparison is not supported");
    };
  }

  static CompareLongs longs(Mods m, String how, boolean signed) {
    LongTest test = longTest(m, how, signed);
    return (a, b) -> {
      int bits = 0;
      for (int k = 0; k < 32; k++) {
        bits |= test.test(a[k], b[k]) ? 1 << k : 0;
      }
      return bits;
    };
  }

  static CompareOps.Bits shorts(Mods m, String how, boolean signed) {
    LongTest test = longTest(m, how, signed);
    return signed
        ? (a, b) -> test.test((short) a, (short) b)
        : (a, b) -> test.test(a & 0xffff, b & 0xffff);
  }

  private static DoubleTest doubleTest(Mods m, String how) {
    return switch (how) {
      case "eq" -> (x, y) -> x == y;
      case "ne" -> (x, y) -> x < y || x > y;
      case "lt" -> (x, y) -> x < y;
      case "le" -> (x, y) -> x <= y;
      case "gt" -> (x, y) -> x > y;
      case "ge" -> (x, y) -> x >= y;
      case "equ" -> (x, y) -> !(x < y || x > y);
      case "neu" -> (x, y) -> x != y;
      case "ltu" -> (x, y) -> !(x >= y);
      case "leu" -> (x, y) -> !(x > y);
      case "gtu" -> (x, y) -> !(x <= y);
      case "geu" -> (x, y) -> !(x < y);
      case "num" -> (x, y) -> !Double.isNaN(x) && !Double.isNaN(y);
      case "nan" -> (x, y) -> Double.isNaN(x) || Double.isNaN(y);
      default -> throw m.error("comparison is not supported");
    };
  }

  static CompareFloats floats(Mods m, String how, boolean ftz) {
    DoubleTest test = doubleTest(m, how);
    return (a, b) -> {
      int bits = 0;
      for (int k = 0; k < 32; k++) {
        float x = ftz ? Rounding.flush(a[k]) : a[k];
        float y = ftz ? Rounding.flush(b[k]) : b[k];
        bits |= test.test(x, y) ? 1 << k : 0;
      }
      return bits;
    };
  }

  static Comparison doubles(Mods m, String how, int a, int b) {
    DoubleTest test = doubleTest(m, how);
    return w -> {
      int bits = 0;
      for (int k = 0; k < 32; k++) {
        double x = Double.longBitsToDouble(w.l(a)[k]);
        double y = Double.longBitsToDouble(w.l(b)[k]);
        bits |= test.test(x, y) ? 1 << k : 0;
      }
      return bits;
    };
  }

  /// Compares the low 16 bits of each side.
  static CompareOps.Bits halves(Mods m, String how, Type type, boolean ftz) {
    DoubleTest test = doubleTest(m, how);
    if (!ftz) {
      return (a, b) -> test.test(Halves.toFloat((int) a, type), Halves.toFloat((int) b, type));
    }
    if (type != Type.F16 && type != Type.F16X2) {
      throw m.error(".ftz is for f16 and f16x2");
    }
    return (a, b) ->
        test.test(
            Halves.toFloat(HalfOps.flush((int) a), type),
            Halves.toFloat(HalfOps.flush((int) b), type));
  }
}
