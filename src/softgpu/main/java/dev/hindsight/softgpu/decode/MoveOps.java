package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Cluster;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Predicates;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Vector;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Register;
import dev.hindsight.softgpu.ptx.Type;
import java.util.List;
import java.util.Map;

/// `mov cvta isspacep` and reading special registers.
final class MoveOps {
  private MoveOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("mov", MoveOps::mov);
    all.put("cvta", MoveOps::cvta);
    all.put("isspacep", MoveOps::isspacep);
  }

  private static Op mov(Operands o, Mods m) {
    if (m.take("pred")) {
      o.count(2);
      Operand a = o.get(1);
      int p = o.p(0);
      if (a instanceof Operand.Int(long bit)) {
        Predicates.Source any = new Predicates.Source(p, false);
        int all = bit == 0 ? 0 : -1;
        return Predicates.logic(p, any, any, (_, _) -> all);
      }
      if (a instanceof Operand.Special) {
        int special = o.i(a);
        return Scalar.each((w, k) -> w.setPred(p, 1 << k, w.i(special, 0)[k]));
      }
      return Predicates.logic(p, o.source(a), o.source(a), (x, _) -> x);
    }
    Type type = m.type();
    o.count(2);
    Operand to = o.get(0);
    Operand from = o.get(1);
    if (from instanceof Operand.Vector(List<Operand> parts)) {
      return join(o, m, to, parts, type);
    }
    if (to instanceof Operand.Vector(List<Operand> parts)) {
      return split(o, m, parts, from, type);
    }
    if (from instanceof Operand.Special(String name)
        && (name.startsWith("%clock") || name.startsWith("%globaltimer"))) {
      Ref d = o.ref(to, type);
      return Scalar.each((w, k) -> d.set(w, k, System.nanoTime()));
    }
    if (type.bytes == 8) {
      int a = o.l(from);
      return Vector.longs(o.l(to), a, a, a, (d, x, _, _) -> System.arraycopy(x, 0, d, 0, 32));
    }
    if (type.bytes == 2) {
      return o.scalar(2, type, (a, _, _) -> a);
    }
    return move32(o, to, from, type);
  }

  private static Op move32(Operands o, Operand to, Operand from, Type type) {
    if (type == Type.F32) {
      o.vote(to, true);
    }
    o.link(to, from);
    if (o.inFloats(to)) {
      int a = o.floatMove(from);
      return Vector.floats(
          o.floatMove(to), a, a, a, (d, x, _, _) -> System.arraycopy(x, 0, d, 0, 32));
    }
    int a = o.intMove(from);
    return Vector.ints(o.intMove(to), a, a, a, (d, x, _, _) -> System.arraycopy(x, 0, d, 0, 32));
  }

  private static Op join(Operands o, Mods m, Operand to, List<Operand> parts, Type type) {
    int bits = type.bits() / parts.size();
    Type part = part(m, bits);
    Ref d = o.plainOf(to, type);
    Ref[] sources = parts.stream().map(p -> o.plainOf(p, part)).toArray(Ref[]::new);
    long mask = (1L << bits) - 1;
    return Scalar.each(
        (w, k) -> {
          long value = 0;
          for (int i = 0; i < sources.length; i++) {
            value |= (sources[i].get(w, k) & mask) << (i * bits);
          }
          d.set(w, k, value);
        });
  }

  private static Op split(Operands o, Mods m, List<Operand> parts, Operand from, Type type) {
    int bits = type.bits() / parts.size();
    Type part = part(m, bits);
    Ref a = o.plainOf(from, type);
    Ref[] targets = parts.stream().map(p -> o.plainOf(p, part)).toArray(Ref[]::new);
    long mask = (1L << bits) - 1;
    return Scalar.each(
        (w, k) -> {
          long value = a.get(w, k);
          for (int i = 0; i < targets.length; i++) {
            targets[i].set(w, k, value >>> (i * bits) & mask);
          }
        });
  }

  private static Type part(Mods m, int bits) {
    return switch (bits) {
      case 8 -> Type.B8;
      case 16 -> Type.B16;
      case 32 -> Type.B32;
      default -> throw m.error("wanted 2 or 4 parts");
    };
  }

  private static Op cvta(Operands o, Mods m) {
    boolean to = m.take("to");
    String space = MemoryOps.space(m);
    m.want("u64");
    o.count(2);
    long window = MemoryOps.window(space, m);
    long plus = to ? -window : window;
    int a = o.l(1);
    return Vector.longs(
        o.l(0),
        a,
        a,
        a,
        (d, x, _, _) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = x[k] + plus;
          }
        });
  }

  private static Op isspacep(Operands o, Mods m) {
    String space = MemoryOps.space(m);
    o.count(2);
    long window = MemoryOps.window(space, m);
    boolean own = space.equals("shared");
    int p = o.p(0);
    int a = o.l(1);
    return Scalar.each(
        (w, k) -> {
          long address = w.l(a)[k];
          boolean in = MemoryOps.isIn(address, window);
          w.setPred(p, 1 << k, in && (!own || Cluster.isOwn(w, (int) address)) ? -1 : 0);
        });
  }

  static boolean isWide(Operand operand) {
    return operand instanceof Operand.Reg(Register r, _) && r.type.bytes == 8;
  }
}
