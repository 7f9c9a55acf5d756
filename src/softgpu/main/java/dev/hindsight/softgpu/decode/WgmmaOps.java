package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.decode.MatrixOps.Shape;
import dev.hindsight.softgpu.exec.Fragment;
import dev.hindsight.softgpu.exec.Fragment.Element;
import dev.hindsight.softgpu.exec.GroupMatrix;
import dev.hindsight.softgpu.exec.GroupProducts;
import dev.hindsight.softgpu.exec.Matrix;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Map;

/// `wgmma` and `setmaxnreg`. Each warp of a group has sixteen of 64 rows, in the fragments of
/// `mma`.
final class WgmmaOps {
  private static final int ROWS = 16;

  private WgmmaOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("wgmma", WgmmaOps::decode);
    all.put("setmaxnreg", WgmmaOps::registers);
  }

  private static Op decode(Operands o, Mods m) {
    boolean sparse = m.take("sp");
    String what = m.one("mma_async", "fence", "commit_group", "wait_group");
    MatrixOps.aligned(m);
    return switch (what) {
      case "fence" -> GroupProducts.fence();
      case "commit_group" -> GroupProducts.commit();
      case "wait_group" -> GroupProducts.await((int) o.immediate(0, "a number of groups"));
      default -> multiply(o, m, sparse);
    };
  }

  private static Op multiply(Operands o, Mods m, boolean sparse) {
    Shape shape = Shape.of(m);
    Matrix.Integers integers = MatrixOps.integers(m);
    Element d = MatrixOps.element(m);
    Element a = MatrixOps.element(m);
    Element b = MatrixOps.element(m);
    if (!fits(shape, d, a, b, sparse)) {
      throw MatrixOps.unsupported(m);
    }
    boolean signs = !a.isInteger();
    boolean turns = a.bits == 16;
    boolean registers = o.get(1) instanceof Operand.Vector;
    int stored = sparse ? shape.k() / 2 : shape.k();
    int at = sparse ? 5 : 3;
    o.count(at + 1 + (signs ? 2 : 0) + (turns ? registers ? 1 : 2 : 0));
    Ref none = Ref.NONE;
    GroupMatrix.Left left =
        new GroupMatrix.Left(
            registers
                ? MatrixOps.fragment(o, 1, a, ROWS, stored, MatrixOps.left(a.each(), 2, stored))
                : null,
            a,
            registers ? none : o.ref(1, Type.B64),
            turns && !registers && flag(o, at + 3));
    GroupMatrix.Right right =
        new GroupMatrix.Right(b, o.ref(2, Type.B64), turns && flag(o, registers ? at + 3 : at + 4));
    return MatrixOps.whole(
        new GroupMatrix(
            sums(o, d, shape.n()),
            left,
            right,
            new GroupMatrix.How(
                adds(o, at),
                signs && negates(o, at + 1),
                signs && negates(o, at + 2),
                integers,
                sparse ? MatrixOps.sparsity(o, 3, a, shape.k()) : null)),
        o);
  }

  private static boolean fits(Shape shape, Element d, Element a, Element b, boolean sparse) {
    boolean types =
        switch (a) {
          case F16 -> b == a && (d == Element.F16 || d == Element.F32);
          case BF16, TF32 -> b == a && d == Element.F32;
          case E4M3, E5M2 ->
              (b == Element.E4M3 || b == Element.E5M2) && (d == Element.F16 || d == Element.F32);
          case S8, U8 -> (b == Element.S8 || b == Element.U8) && d == Element.S32;
          case B1 -> b == a && d == Element.S32 && !sparse;
          default -> false;
        };
    int n = shape.n();
    boolean whole = n % 8 == 0 && n >= 8 && n <= 256;
    boolean wide = !a.isInteger() || n <= 24 || n % 16 == 0;
    return types
        && whole
        && wide
        && shape.m() == 4 * ROWS
        && shape.k() == (sparse ? 512 : 256) / a.bits;
  }

  private static Fragment sums(Operands o, Element d, int n) {
    return MatrixOps.fragment(o, 0, d, ROWS, n, MatrixOps.sum(n));
  }

  /// Whether sums begin with what is there.
  private static int adds(Operands o, int at) {
    return o.get(at) instanceof Operand.Int(long value) ? value == 0 ? -2 : -1 : o.p(at);
  }

  private static boolean negates(Operands o, int index) {
    long value = o.immediate(index, "1 or -1");
    if (Math.abs(value) != 1) {
      throw o.error("wanted 1 or -1, got " + value);
    }
    return value < 0;
  }

  private static boolean flag(Operands o, int index) {
    long value = o.immediate(index, "0 or 1");
    if (value != 0 && value != 1) {
      throw o.error("wanted 0 or 1, got " + value);
    }
    return value == 1;
  }

  /// Registers are enough here.
  private static Op registers(Operands o, Mods m) {
    m.one("inc", "dec");
    MatrixOps.aligned(m);
    m.want("u32");
    long count = o.immediate(0, "a number of registers");
    if (count < 24 || count > 256 || count % 8 != 0) {
      throw o.error("wanted a multiple of 8 from 24 to 256, got " + count);
    }
    return Scalar.each((_, _) -> {});
  }
}
