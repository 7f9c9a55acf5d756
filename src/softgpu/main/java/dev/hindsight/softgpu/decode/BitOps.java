package dev.hindsight.softgpu.decode;

import static dev.hindsight.softgpu.ptx.Type.B32;
import static dev.hindsight.softgpu.ptx.Type.U32;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Map;

/// Single bits and bytes: `popc clz brev bfind bfe bfi bmsk lop3 prmt shf dp4a dp2a fns`.
final class BitOps {
  private BitOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("popc", (o, m) -> o.scalar((a, _, _) -> Long.bitCount(a), U32, m.type()));
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
    all.put("dp2a", BitOps::dp2a);
    all.put("fns", BitOps::fns);
  }

  private static Op clz(Operands o, Mods m) {
    Type type = m.type();
    int unused = 64 - type.bits();
    return o.scalar((a, _, _) -> Long.numberOfLeadingZeros(a) - unused, U32, type);
  }

  private static Op brev(Operands o, Mods m) {
    Type type = m.type();
    int unused = 64 - type.bits();
    return o.scalar(2, type, (a, _, _) -> Long.reverse(a) >>> unused);
  }

  private static Op bfind(Operands o, Mods m) {
    boolean shiftAmount = m.take("shiftamt");
    Type type = m.type();
    int top = type.bits() - 1;
    return o.scalar(
        (a, _, _) -> {
          long value = Conversions.extend(a, type);
          value = type.signed() && value < 0 ? ~value : value;
          int at = 63 - Long.numberOfLeadingZeros(value);
          return at < 0 ? -1 : shiftAmount ? top - at : at;
        },
        U32,
        type);
  }

  private static Op bfe(Operands o, Mods m) {
    Type type = m.type();
    return o.scalar(
        (a, b, c) -> extract(type, Conversions.extend(a, type), (int) b & 0xff, (int) c & 0xff),
        type,
        type,
        U32,
        U32);
  }

  private static long extract(Type type, long value, int from, int length) {
    if (length == 0) {
      return 0;
    }
    int width = type.bits();
    long sign = type.signed() ? value >> Math.min(from + length - 1, width - 1) & 1 : 0;
    long shifted = from >= width ? 0 : value >>> from;
    int real = Math.max(0, Math.min(length, width - from));
    long field = real >= 64 ? shifted : shifted & (1L << real) - 1;
    return sign == 0 || real >= 64 ? field : field | -1L << real;
  }

  private static Op bfi(Operands o, Mods m) {
    Type type = m.type();
    o.count(5);
    Ref d = o.ref(0, type);
    Ref a = o.ref(1, type);
    Ref b = o.ref(2, type);
    Ref c = o.ref(3, U32);
    Ref length = o.ref(4, U32);
    int width = type.bits();
    return Scalar.each(
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
    boolean clamp = m.either("clamp", "wrap");
    m.want("b32");
    return o.scalar(3, B32, (a, b, _) -> clamp ? ones(limit(a), limit(b)) : ones(a & 31, b & 31));
  }

  private static long limit(long value) {
    return Math.min(value & 0xffffffffL, 32);
  }

  /// So many ones from this bit on, both at most 32; what lies behind bit 31 is cut off.
  private static long ones(long from, long count) {
    return (((1L << count) - 1) << from) & 0xffffffffL;
  }

  private static Op lop3(Operands o, Mods m) {
    m.want("b32");
    o.count(5);
    long table = o.immediate(4, "an immediate table");
    return Scalar.bits(
        o.ref(0, B32),
        o.ref(1, B32),
        o.ref(2, B32),
        o.ref(3, B32),
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
    m.want("b32");
    return o.scalar(
        4,
        B32,
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
    boolean left = m.either("l", "r");
    boolean wrap = m.either("wrap", "clamp");
    return o.scalar(
        4,
        m.type(),
        (low, high, amount) -> {
          long both = high << 32 | (low & 0xffffffffL);
          int n = (int) (wrap ? amount & 31 : Math.min(amount & 0xffffffffL, 32));
          return left ? both << n >>> 32 : both >>> n;
        });
  }

  private static Op dp4a(Operands o, Mods m) {
    Type first = m.type();
    Type second = m.type();
    return o.scalar(
        4,
        B32,
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

  /// Two halves of a times two bytes of b, its low or its high ones.
  private static Op dp2a(Operands o, Mods m) {
    int from = m.either("lo", "hi") ? 0 : 16;
    Type first = m.type();
    Type second = m.type();
    return o.scalar(
        4,
        B32,
        (a, b, c) -> {
          long sum = c;
          for (int i = 0; i < 2; i++) {
            long x = first.signed() ? (short) (a >> (16 * i)) : a >> (16 * i) & 0xffff;
            long y = b >> (from + 8 * i);
            sum += x * (second.signed() ? (byte) y : y & 0xff);
          }
          return sum;
        });
  }

  /// The n-th set bit from a place on, upwards or downwards; n = 0 asks for the place itself.
  private static Op fns(Operands o, Mods m) {
    m.want("b32");
    return o.scalar(
        4,
        B32,
        (mask, base, offset) -> {
          int at = (int) base;
          int left = Math.abs((int) offset);
          int step = (int) offset < 0 ? -1 : 1;
          if (left == 0) {
            return at >= 0 && at < 32 && (mask >>> at & 1) != 0 ? at : -1;
          }
          for (; at >= 0 && at < 32; at += step) {
            left -= (int) (mask >>> at & 1);
            if (left == 0) {
              return at;
            }
          }
          return -1;
        });
  }
}
