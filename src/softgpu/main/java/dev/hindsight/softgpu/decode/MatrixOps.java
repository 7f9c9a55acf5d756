package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Collective;
import dev.hindsight.softgpu.exec.LoadMatrix;
import dev.hindsight.softgpu.exec.Matrix;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.List;
import java.util.Map;

/// `mma` and `ldmatrix`.
final class MatrixOps {
  private MatrixOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("mma", MatrixOps::mma);
    all.put("ldmatrix", MatrixOps::ldmatrix);
  }

  private static Op mma(Operands o, Mods m) {
    if (!m.takeAll("sync", "aligned", "row", "col")) {
      throw m.error("wanted .sync.aligned, .row and .col");
    }
    int k =
        switch (m.one("m16n8k4", "m16n8k8", "m16n8k16")) {
          case "m16n8k4" -> 4;
          case "m16n8k8" -> 8;
          default -> 16;
        };
    Type result = m.type();
    Type type = m.type();
    Type second = m.type();
    Type sum = m.type();
    boolean tf32 = type == Type.TF32;
    boolean fits = tf32 ? k <= 8 : (type == Type.F16 || type == Type.BF16) && k >= 8;
    boolean halfSum = sum == Type.F16 && type == Type.F16;
    if (second != type || !fits || sum != result || (sum != Type.F32 && !halfSum)) {
      throw m.error("this combination of types is not supported");
    }
    o.count(4);
    int left = tf32 ? k / 2 : k / 4;
    Matrix op =
        new Matrix(
            k,
            type,
            result == Type.F32,
            fragment(o, 0, result, halfSum ? 2 : 4),
            fragment(o, 1, Type.B32, left),
            fragment(o, 2, Type.B32, left / 2),
            fragment(o, 3, sum, halfSum ? 2 : 4));
    return whole(op, o);
  }

  private static Op whole(Collective op, Operands o) {
    op.members = o.i(new Operand.Int(-1));
    op.signature = o.source().name();
    return op;
  }

  private static Ref[] fragment(Operands o, int index, Type type, int count) {
    List<Operand> items = items(o.get(index));
    if (items.size() != count) {
      throw o.error("wanted " + count + " registers, got " + items.size());
    }
    Type word = type == Type.F32 ? Type.F32 : Type.B32;
    return items.stream().map(item -> o.ref(item, word)).toArray(Ref[]::new);
  }

  private static List<Operand> items(Operand operand) {
    return operand instanceof Operand.Vector(List<Operand> list) ? list : List.of(operand);
  }

  private static Op ldmatrix(Operands o, Mods m) {
    if (!m.takeAll("sync", "aligned", "m8n8")) {
      throw m.error("wanted .sync.aligned.m8n8");
    }
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
    Operand.Address address = MemoryOps.address(o, o.get(1));
    return whole(
        new LoadMatrix(
            MemoryOps.place(o, address, MoveOps.isWide(address.base())),
            fragment(o, 0, Type.B32, count),
            transposed),
        o);
  }
}
