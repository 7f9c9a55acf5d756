package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Map;

/// Single bits and bytes: `popc clz brev bfind bfe bfi bmsk lop3 prmt shf dp4a`.
final class BitOps {
  private static final Ref NONE = new Ref(Ref.File.NOWHERE, 0);

  private BitOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("popc", (o, m) -> count(o, m, (a, _, _) -> Long.bitCount(a)));
    all.put("clz", BitOps::clz);
    all.put("brev", BitOps::brev);
    all.put("bfind", BitOps::bfind);
    all.put("bfe", BitOps::bfe);
    all.put("bfi", BitOps::bfi);
    all.put("bmsk", BitOps::bmsk);
    all.put("lop3", BitOps::lop3);
    all.put("prmt", BitOps::prmt);
    all.put("shf", BitOps::shf);
    all.put("dp4a", BitOps::dp4a);
  }

  /// A source of 32 or 64 bits and a result of 32.
  private static Op count(Operands o, Mods m, Scalar.Lane lane) {
    Type type = m.type();
    o.count(2);
    return new Scalar(o.ref(o.get(0), Type.U32), o.ref(o.get(1), type), NONE, NONE, lane);
  }

  private static Op clz(Operands o, Mods m) {
    boolean wide = o.source().has("b64");
    return count(o, m, (a, _, _) -> Long.numberOfLeadingZeros(a) - (wide ? 0 : 32));
  }

  private static Op brev(Operands o, Mods m) {
    Type type = m.type();
    o.count(2);
    int unused = type.bytes == 8 ? 0 : 32;
    return ArithmeticOps.scalar(o, type, (a, _, _) -> Long.reverse(a) >>> unused);
  }

  private static Op bfind(Operands o, Mods m) {
    boolean shiftAmount = m.take("shiftamt");
    Type type = m.type();
    o.count(2);
    int top = type.bits() - 1;
    return new Scalar(
        o.ref(o.get(0), Type.U32),
        o.ref(o.get(1), type),
        NONE,
        NONE,
        (a, _, _) -> {
          long value = type.signed() && type.bytes == 4 ? (int) a : a;
          value = type.signed() && value < 0 ? ~value : value;
          int at = 63 - Long.numberOfLeadingZeros(value);
          return at < 0 ? -1 : shiftAmount ? top - at : at;
        });
  }

  private static Op bfe(Operands o, Mods m) {
    Type type = m.type();
    o.count(4);
    int width = type.bits();
    return new Scalar(
        o.ref(o.get(0), type),
        o.ref(o.get(1), type),
        o.ref(o.get(2), Type.U32),
        o.ref(o.get(3), Type.U32),
        (a, b, c) -> extract(type, width, a, (int) b & 0xff, (int) c & 0xff));
  }

  private static long extract(Type type, int width, long a, int from, int length) {
    long value = type.signed() && width == 32 ? (int) a : a;
    if (length == 0) {
      return 0;
    }
    long sign = type.signed() ? value >> Math.min(from + length - 1, width - 1) & 1 : 0;
    long shifted = from >= width ? 0 : a >>> from;
    int real = Math.max(0, Math.min(length, width - from));
    long field = real >= 64 ? shifted : shifted & (1L << real) - 1;
    return sign == 0 ? field : real >= 64 ? field : field | -1L << real;
  }

  private static Op bfi(Operands o, Mods m) {
    Type type = m.type();
    o.count(5);
    Ref d = o.ref(o.get(0), type);
    Ref a = o.ref(o.get(1), type);
    Ref b = o.ref(o.get(2), type);
    Ref c = o.ref(o.get(3), Type.U32);
    Ref length = o.ref(o.get(4), Type.U32);
    int width = type.bits();
    return new Lanes(
        (w, k) -> {
          int at = (int) c.get(w, k) & 0xff;
          int bits = (int) length.get(w, k) & 0xff;
          int real = Math.max(0, Math.min(bits, width - at));
          long ones = real >= 64 ? -1 : (1L << real) - 1;
          long field = at >= 64 ? 0 : ones << at;
          long insert = at >= 64 ? 0 : a.get(w, k) << at;
          d.set(w, k, (insert & field) | (b.get(w, k) & ~field));
        });
  }

  private static Op bmsk(Operands o, Mods m) {
    boolean clamp = m.take("clamp");
    if (!clamp && !m.take("wrap")) {
      throw m.error("wanted .clamp or .wrap");
    }
    Type type = m.type();
    if (type != Type.B32) {
      throw m.error("wanted b32");
    }
    o.count(3);
    return ArithmeticOps.scalar(
        o, type, (a, b, _) -> clamp ? ones(limit(a), limit(b)) : ones(a & 31, b & 31));
  }

  private static long limit(long value) {
    return Math.min(value & 0xffffffffL, 32);
  }

  /// So many ones from this bit on, both at most 32; what lies behind bit 31 is cut off.
  private static long ones(long from, long count) {
    return (((1L << count) - 1) << from) & 0xffffffffL;
  }

  private static Op lop3(Operands o, Mods m) {
    Type type = m.type();
    if (type != Type.B32) {
      throw m.error("wanted b32");
    }
    o.count(5);
    if (!(o.get(4) instanceof Operand.Int(long table))) {
      throw m.error("wanted an immediate table");
    }
    return new Scalar(
        o.ref(o.get(0), type),
        o.ref(o.get(1), type),
        o.ref(o.get(2), type),
        o.ref(o.get(3), type),
        (a, b, c) -> {
          long d = 0;
          d |= (table & 1) != 0 ? ~a & ~b & ~c : 0;
          d |= (table & 2) != 0 ? ~a & ~b & c : 0;
          d |= (table & 4) != 0 ? ~a & b & ~c : 0;
          d |= (table & 8) != 0 ? ~a & b & c : 0;
          d |= (table & 16) != 0 ? a & ~b & ~c : 0;
          d |= (table & 32) != 0 ? a & ~b & c : 0;
          d |= (table & 64) != 0 ? a & b & ~c : 0;
          d |= (table & 128) != 0 ? a & b & c : 0;
          return d;
        });
  }

  private static Op prmt(Operands o, Mods m) {
    Type type = m.type();
    String mode = m.oneOf("", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16");
    if (type != Type.B32) {
      throw m.error("wanted b32");
    }
    if (!mode.isEmpty()) {
      throw m.error("mode ." + mode + " is not supported");
    }
    o.count(4);
    return ArithmeticOps.scalar(
        o,
        type,
        (a, b, c) -> {
          long bytes = (a & 0xffffffffL) | b << 32;
          long d = 0;
          for (int i = 0; i < 4; i++) {
            int pick = (int) (c >>> (4 * i));
            long value = bytes >>> (8 * (pick & 7)) & 0xff;
            value = (pick & 8) != 0 ? ((value & 0x80) != 0 ? 0xff : 0) : value;
            d |= value << (8 * i);
          }
          return d;
        });
  }

  private static Op shf(Operands o, Mods m) {
    boolean left = m.take("l");
    if (!left && !m.take("r")) {
      throw m.error("wanted .l or .r");
    }
    boolean wrap = m.take("wrap");
    if (!wrap && !m.take("clamp")) {
      throw m.error("wanted .wrap or .clamp");
    }
    Type type = m.type();
    o.count(4);
    return ArithmeticOps.scalar(
        o,
        type,
        (low, high, amount) -> {
          long both = high << 32 | (low & 0xffffffffL);
          int n = (int) (wrap ? amount & 31 : Math.min(amount & 0xffffffffL, 32));
          return left ? both << n >>> 32 : both >>> n;
        });
  }

  private static Op dp4a(Operands o, Mods m) {
    Type first = m.type();
    Type second = m.type();
    o.count(4);
    return ArithmeticOps.scalar(
        o,
        Type.B32,
        (a, b, c) -> {
          long sum = c;
          for (int i = 0; i < 32; i += 8) {
            long x = first.signed() ? (byte) (a >> i) : a >> i & 0xff;
            long y = second.signed() ? (byte) (b >> i) : b >> i & 0xff;
            sum += x * y;
          }
          return sum;
        });
  }
}
