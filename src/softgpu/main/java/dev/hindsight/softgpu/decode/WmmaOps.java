package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.decode.MatrixOps.Elements;
import dev.hindsight.softgpu.decode.MatrixOps.Shape;
import dev.hindsight.softgpu.exec.Fragment;
import dev.hindsight.softgpu.exec.Fragment.Element;
import dev.hindsight.softgpu.exec.Matrix;
import dev.hindsight.softgpu.exec.MoveMatrix;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Place;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Warp;
import dev.hindsight.softgpu.ptx.Operand;
import java.util.List;
import java.util.Map;

/// `wmma`. A thread holds elements that lie side by side in memory, lane after lane; where there
/// are more registers than elements, the matrix begins anew.
final class WmmaOps {
  private static final List<Shape> SHAPES =
      List.of(new Shape(16, 16, 16), new Shape(32, 8, 16), new Shape(8, 32, 16));

  private WmmaOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("wmma", WmmaOps::decode);
  }

  private static Op decode(Operands o, Mods m) {
    return switch (m.one("load", "store", "mma")) {
      case "load" -> move(o, m, m.one("a", "b", "c"));
      case "store" -> {
        m.want("d");
        yield move(o, m, "d");
      }
      default -> multiply(o, m);
    };
  }

  private static Op multiply(Operands o, Mods m) {
    Matrix.Integers integers = MatrixOps.integers(m);
    MatrixOps.aligned(m);
    boolean rowsA = m.takeMatching("row|col").equals("row");
    boolean rowsB = m.takeMatching("row|col").equals("row");
    Shape shape = Shape.of(m);
    m.drop("rn");
    Elements of = Elements.of(m);
    check(m, shape, of.a());
    o.count(4);
    return MatrixOps.whole(
        new Matrix(
            fragment(o, 0, of.d(), shape.m(), shape.n(), true, false),
            fragment(o, 1, of.a(), shape.m(), shape.k(), rowsA, true),
            fragment(o, 2, of.b(), shape.k(), shape.n(), rowsB, true),
            fragment(o, 3, of.c(), shape.m(), shape.n(), true, false),
            integers),
        o);
  }

  private static void check(Mods m, Shape shape, Element of) {
    boolean fits =
        switch (of) {
          case TF32 -> shape.equals(new Shape(16, 16, 8));
          case F64 -> shape.equals(new Shape(8, 8, 4));
          case S4, U4 -> shape.equals(new Shape(8, 8, 32));
          case B1 -> shape.equals(new Shape(8, 8, 128));
          default -> SHAPES.contains(shape);
        };
    if (!fits) {
      throw MatrixOps.unsupported(m);
    }
  }

  private static Fragment fragment(
      Operands o,
      int index,
      Element element,
      int rows,
      int columns,
      boolean byRows,
      boolean factor) {
    int elements = rows * columns;
    int count = factor && element == Element.F16 ? 8 : elements / element.each() / Warp.LANES;
    Ref[] registers = MatrixOps.registers(o, index, element, count);
    int each = count * element.each();
    return Fragment.of(
        element,
        rows,
        columns,
        registers,
        (lane, e) -> {
          int at = (lane * each + e) % elements;
          return byRows ? at : at % rows * columns + at / rows;
        });
  }

  private static Op move(Operands o, Mods m, String matrix) {
    MatrixOps.aligned(m);
    boolean byRows = m.either("row", "col");
    Shape shape = Shape.of(m);
    String space = MemoryOps.space(m);
    Element element = MatrixOps.element(m);
    boolean store = matrix.equals("d");
    boolean sum = store || matrix.equals("c");
    if (!sum) {
      check(m, shape, element);
    }
    int rows = matrix.equals("b") ? shape.k() : shape.m();
    int columns = matrix.equals("a") ? shape.k() : shape.n();
    int at = store ? 0 : 1;
    Operand.Address address = MemoryOps.address(o, o.get(at));
    boolean wide = MoveOps.isWide(address.base()) || !space.equals("shared");
    Place place = MemoryOps.place(o, address, wide);
    Operand stride = o.count() > 2 ? o.get(2) : new Operand.Int(byRows ? columns : rows);
    return MatrixOps.whole(
        new MoveMatrix(
            fragment(o, 1 - at, element, rows, columns, sum || byRows, !sum),
            place,
            space.isEmpty() ? 0 : MemoryOps.window(space, m),
            o.i(stride),
            byRows,
            store),
        o);
  }
}
