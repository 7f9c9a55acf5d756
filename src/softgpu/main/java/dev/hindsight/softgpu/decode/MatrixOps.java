package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Collective;
import dev.hindsight.softgpu.exec.Fragment;
import dev.hindsight.softgpu.exec.Fragment.Element;
import dev.hindsight.softgpu.exec.Matrix;
import dev.hindsight.softgpu.exec.MatrixRows;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Place;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Sparsity;
import dev.hindsight.softgpu.exec.Warp;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// `mma`, `ldmatrix` and `stmatrix`.
final class MatrixOps {
  private static final String ELEMENTS = "f16|bf16|tf32|f32|f64|e4m3|e5m2|s32|s8|u8|s4|u4|b1";

  private MatrixOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("mma", MatrixOps::mma);
    all.put("ldmatrix", (o, m) -> move(o, m, false));
    all.put("stmatrix", (o, m) -> move(o, m, true));
  }

  /// Extents of a product.
  record Shape(int m, int n, int k) {
    static Shape of(Mods m) {
      String found = m.takeMatching("m\\d+n\\d+k\\d+");
      if (found.isEmpty()) {
        throw m.error("wanted a shape such as .m16n8k16");
      }
      int[] parts =
          Arrays.stream(found.substring(1).split("[nk]")).mapToInt(Integer::parseInt).toArray();
      return new Shape(parts[0], parts[1], parts[2]);
    }
  }

  /// What the elements of the four matrices are.
  record Elements(Element d, Element a, Element b, Element c) {
    /// The types that are left, in their order; of halves `wmma` names only those of the sums.
    static Elements of(Mods m) {
      List<Element> found = new ArrayList<>();
      for (String name = m.takeMatching(ELEMENTS);
          !name.isEmpty();
          name = m.takeMatching(ELEMENTS)) {
        found.add(Element.valueOf(name.toUpperCase(Locale.ROOT)));
      }
      if (found.size() == 2) {
        found.addAll(1, List.of(Element.F16, Element.F16));
      }
      if (found.size() != 4) {
        throw unsupported(m);
      }
      Elements all = new Elements(found.get(0), found.get(1), found.get(2), found.get(3));
      if (!all.fit()) {
        throw unsupported(m);
      }
      return all;
    }

    private boolean fit() {
      return switch (a) {
        case F16 -> b == a && isSum(c) && isSum(d);
        case BF16, TF32 -> b == a && c == Element.F32 && d == Element.F32;
        case E4M3, E5M2 -> (b == Element.E4M3 || b == Element.E5M2) && isSum(c) && isSum(d);
        case F64 -> b == a && c == a && d == a;
        case S8, U8, S4, U4, B1 ->
            b.isInteger() && b.bits == a.bits && c == Element.S32 && d == Element.S32;
        case F32, S32 -> false;
      };
    }

    private static boolean isSum(Element one) {
      return one == Element.F16 || one == Element.F32;
    }
  }

  /// The one type that is left.
  static Element element(Mods m) {
    String name = m.takeMatching(ELEMENTS);
    if (name.isEmpty()) {
      throw m.error("wanted a type");
    }
    return Element.valueOf(name.toUpperCase(Locale.ROOT));
  }

  static RuntimeException unsupported(Mods m) {
    return m.error("this combination of types is not supported");
  }

  static void aligned(Mods m) {
    if (!m.takeAll("sync", "aligned")) {
      throw m.error("wanted .sync.aligned");
    }
  }

  /// How integers are multiplied and summed.
  static Matrix.Integers integers(Mods m) {
    boolean saturate = m.take("satfinite");
    String bits = m.oneOf("", "xor", "and");
    if (bits.isEmpty()) {
      return new Matrix.Integers((a, b) -> a * b, saturate);
    }
    m.want("popc");
    return new Matrix.Integers(bits.equals("xor") ? (a, b) -> a ^ b : (a, b) -> a & b, false);
  }

  /// The fragments of the PTX ISA: a group of four threads has a row of A and of D, and a column of
  /// B, a register after the other in turns.
  private static Op mma(Operands o, Mods m) {
    boolean sparse = m.take("sp") || m.take("sp::ordered_metadata");
    aligned(m);
    boolean rowsA = m.takeMatching("row|col").equals("row");
    boolean rowsB = m.takeMatching("row|col").equals("row");
    Shape shape = Shape.of(m);
    Matrix.Integers integers = integers(m);
    m.drop("rn");
    Elements of = Elements.of(m);
    if (shape.equals(new Shape(8, 8, 4)) && of.a == Element.F16 && !sparse) {
      return four(o, of, rowsA, rowsB, integers);
    }
    if (!rowsA || rowsB) {
      throw m.error("wanted .row and .col");
    }
    int each = of.a.each();
    int k = shape.k();
    int stored = sparse ? k / 2 : k;
    int groups = stored / (4 * each);
    if (!fits(shape, of, groups, stored, sparse)) {
      throw unsupported(m);
    }
    o.count(sparse ? 6 : 4);
    return whole(
        new Matrix(
            fragment(o, 0, of.d, shape.m(), 8, sum(8)),
            fragment(o, 1, of.a, shape.m(), stored, left(each, shape.m() / 8, stored)),
            fragment(o, 2, of.b, k, 8, right(each)),
            fragment(o, 3, of.c, shape.m(), 8, sum(8)),
            integers,
            sparse ? sparsity(o, 4, of.a, shape.k()) : null),
        o);
  }

  private static boolean fits(Shape shape, Elements of, int groups, int stored, boolean sparse) {
    int each = of.a.each();
    boolean floats = !of.a.isInteger() && of.a != Element.F64;
    boolean fits =
        shape.n() == 8
            && stored == groups * 4 * each
            && (shape.m() == 8
                ? groups == 1 && !floats
                : shape.m() == 16 && (groups == 1 || groups == 2 || groups == 4))
            && (groups < 4 || of.a == Element.F64)
            && (of.c == of.d);
    // A sparse matrix has as many registers as the whole one of half its columns.
    return fits && (!sparse || (shape.m() == 16 && of.a.bits > 1 && of.a.bits < 64));
  }

  /// By the operand at an index and the one behind it.
  static Sparsity sparsity(Operands o, int index, Element a, int k) {
    long selector = o.immediate(index + 1, "a number of lanes");
    Sparsity made = new Sparsity(a, 16, k, o.ref(index, Type.B32), (int) selector);
    if (selector < 0 || selector >= made.choices()) {
      throw o.error("wanted a selector 0..%d, got %d".formatted(made.choices() - 1, selector));
    }
    return made;
  }

  /// Four products of eight rows: lanes 0 to 3 and 16 to 19 have the first one.
  private static Op four(
      Operands o, Elements of, boolean rowsA, boolean rowsB, Matrix.Integers integers) {
    o.count(4);
    Fragment.Layout left =
        (lane, e) -> {
          int one = lane / 4 % 4;
          int line = lane % 4 + lane / 16 * 4;
          return rowsA
              ? (8 * one + line) * 4 + e
              : (8 * one + e % 4 + lane / 16 * 4) * 4 + lane % 4;
        };
    Fragment.Layout right =
        (lane, e) -> {
          int one = lane / 4 % 4;
          return rowsB
              ? (4 * one + lane % 4) * 8 + e + lane / 16 * 4
              : (4 * one + e) * 8 + lane % 4 + lane / 16 * 4;
        };
    return whole(
        new Matrix(
            fragment(o, 0, of.d, 32, 8, quarter(of.d)),
            fragment(o, 1, of.a, 32, 4, left),
            fragment(o, 2, of.b, 16, 8, right),
            fragment(o, 3, of.c, 32, 8, quarter(of.c)),
            integers),
        o);
  }

  private static Fragment.Layout quarter(Element element) {
    return (lane, e) -> {
      int first = 8 * (lane / 4 % 4) + lane / 16 * 4;
      return element == Element.F16
          ? (first + lane % 4) * 8 + e
          : (first + (lane & 1) + (e & 2)) * 8 + (e & 4) + (lane & 2) + (e & 1);
    };
  }

  /// The second matrix: columns, as the first one has rows.
  private static Fragment.Layout right(int each) {
    return (lane, e) -> ((lane & 3) * each + e % each + e / each * 4 * each) * 8 + (lane >> 2);
  }

  /// The first matrix: rows of k elements, of which a register has `each`.
  static Fragment.Layout left(int each, int halves, int k) {
    return (lane, e) ->
        ((lane >> 2) + 8 * (e / each % halves)) * k
            + (lane & 3) * each
            + e % each
            + e / each / halves * 4 * each;
  }

  /// Sums: rows of n.
  static Fragment.Layout sum(int n) {
    return (lane, e) ->
        ((lane >> 2) + 8 * (e >> 1 & 1)) * n + 8 * (e >> 2) + 2 * (lane & 3) + (e & 1);
  }

  static Op whole(Collective op, Operands o) {
    op.members = o.i(new Operand.Int(-1));
    op.signature = o.source().name();
    return op;
  }

  static Fragment fragment(
      Operands o, int index, Element element, int rows, int columns, Fragment.Layout layout) {
    int count = rows * columns / element.each() / Warp.LANES;
    return Fragment.of(element, rows, columns, registers(o, index, element, count), layout);
  }

  /// Registers of a fragment, which must be so many.
  static Ref[] registers(Operands o, int index, Element element, int count) {
    List<Operand> items =
        o.get(index) instanceof Operand.Vector(List<Operand> list) ? list : List.of(o.get(index));
    if (items.size() != count) {
      throw o.error("wanted " + count + " registers, got " + items.size());
    }
    Type type =
        switch (element) {
          case F32 -> Type.F32;
          case F64 -> Type.F64;
          default -> Type.B32;
        };
    return items.stream().map(item -> o.ref(item, type)).toArray(Ref[]::new);
  }

  private static Op move(Operands o, Mods m, boolean store) {
    aligned(m);
    m.want("m8n8");
    int count =
        switch (m.one("x1", "x2", "x4")) {
          case "x1" -> 1;
          case "x2" -> 2;
          default -> 4;
        };
    boolean transposed = m.take("trans");
    if (!MemoryOps.space(m).equals("shared") || m.type() != Type.B16) {
      throw m.error("wanted .shared.b16");
    }
    o.count(2);
    Operand.Address address = MemoryOps.address(o, o.get(store ? 0 : 1));
    Place place = MemoryOps.place(o, address, MoveOps.isWide(address.base()));
    Ref[] words = registers(o, store ? 1 : 0, Element.F16, count);
    return whole(new MatrixRows(place, words, transposed, store), o);
  }
}
