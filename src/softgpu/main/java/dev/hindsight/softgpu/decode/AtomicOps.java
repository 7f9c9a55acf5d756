package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.check.MemoryOrder;
import dev.hindsight.softgpu.exec.AtomicOp;
import dev.hindsight.softgpu.exec.AtomicOp.Update;
import dev.hindsight.softgpu.exec.AtomicOp.Updates;
import dev.hindsight.softgpu.exec.Halves;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Place;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Map;

/// `atom` and `red`.
final class AtomicOps {
  private AtomicOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("atom", (o, m) -> decode(o, m, true));
    all.put("red", (o, m) -> decode(o, m, false));
  }

  private static Op decode(Operands o, Mods m, boolean returns) {
    boolean async = !returns && m.take("async");
    String space = MemoryOps.space(m);
    MemoryOrder order = MemoryOps.order(m, MemoryOrder.RELAXED);
    m.drop("noftz");
    int policies = MemoryOps.policies(m);
    String what = m.oneOf("", "and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max");
    Type type = m.type();
    if (async) {
      return ClusterOps.reduction(o, m, type, update(m, what, type, false));
    }
    boolean cas = what.equals("cas");
    o.count((returns ? 1 : 0) + (cas ? 3 : 2) + policies);
    int at = returns ? 1 : 0;
    Operand.Address address = MemoryOps.address(o, o.get(at));
    boolean wide = MoveOps.isWide(address.base()) || !space.startsWith("shared");
    Place place = MemoryOps.place(o, address, wide);
    char where =
        switch (space) {
          case "global" -> 'g';
          case "shared" -> 's';
          case MemoryOps.OF_CLUSTER -> 'c';
          case "" -> '?';
          default -> throw m.error("wanted global or shared");
        };
    boolean wanted = returns && !(o.get(0) instanceof Operand.Ignored);
    AtomicOp op =
        new AtomicOp(
            place,
            where,
            order,
            type.bytes,
            wanted ? o.ref(0, type) : null,
            o.ref(at + 1, type),
            cas ? o.ref(at + 2, type) : Ref.NONE,
            new Updates(update(m, what, type, true), update(m, what, type, false)));
    op.flops = type.floating() && what.equals("add") ? 1 : 0;
    return op;
  }

  static Update update(Mods m, String what, Type type, boolean global) {
    return switch (what) {
      case "and" -> (old, b, _) -> old & b;
      case "or" -> (old, b, _) -> old | b;
      case "xor" -> (old, b, _) -> old ^ b;
      case "exch" -> (_, b, _) -> b;
      case "cas" -> (old, b, c) -> old == b ? c : old;
      case "inc" -> (old, b, _) -> Long.compareUnsigned(old, b) >= 0 ? 0 : old + 1;
      case "dec" -> (old, b, _) -> old == 0 || Long.compareUnsigned(old, b) > 0 ? b : old - 1;
      case "add" -> add(m, type, global);
      case "min" -> (old, b, _) -> isNan(b, type) || compare(old, b, type) < 0 ? old : b;
      case "max" ->
          (old, b, _) ->
              (!isNan(old, type) && compare(old, b, type) > 0) || isNan(b, type) ? old : b;
      default -> throw m.error("operation is not supported");
    };
  }

  private static int compare(long a, long b, Type type) {
    if (type == Type.F16 || type == Type.BF16) {
      return Float.compare(Halves.toFloat((int) a, type), Halves.toFloat((int) b, type));
    }
    return type.signed()
        ? Long.compare(Conversions.extend(a, type), Conversions.extend(b, type))
        : Long.compareUnsigned(a, b);
  }

  /// Of a number and none the number is both least and greatest.
  private static boolean isNan(long value, Type type) {
    return (type == Type.F16 || type == Type.BF16)
        && Float.isNaN(Halves.toFloat((int) value, type));
  }

  /// `atom.global.add.f32` flushes subnormals, the shared one does not.
  private static Update add(Mods m, Type type, boolean global) {
    return switch (type) {
      case F32 ->
          global
              ? (old, b, _) ->
                  bits(Rounding.flush(Rounding.flush(real(old)) + Rounding.flush(real(b))))
              : (old, b, _) -> bits(real(old) + real(b));
      case F64 ->
          (old, b, _) ->
              Double.doubleToRawLongBits(Double.longBitsToDouble(old) + Double.longBitsToDouble(b));
      case F16, BF16 -> (old, b, _) -> half(old, b, type);
      case F16X2, BF16X2 ->
          (old, b, _) ->
              half(old & 0xffff, b & 0xffff, type)
                  | half(old >>> 16 & 0xffff, b >>> 16 & 0xffff, type) << 16;
      case U32, S32, U64, S64 -> (old, b, _) -> old + b;
      default -> throw m.error("type is not supported");
    };
  }

  private static long half(long a, long b, Type type) {
    double sum = (double) Halves.toFloat((int) a, type) + Halves.toFloat((int) b, type);
    return Halves.fromDouble(sum, 0, type, Rounding.Mode.NEAREST);
  }

  private static float real(long bits) {
    return Float.intBitsToFloat((int) bits);
  }

  private static long bits(float value) {
    return Float.floatToRawIntBits(Rounding.canonical(value)) & 0xffffffffL;
  }
}
