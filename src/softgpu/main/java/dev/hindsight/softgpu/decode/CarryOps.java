package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Warp;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Map;

/// Arithmetic of more than one word: `add.cc addc sub.cc subc mad.cc madc`. Each thread has a
/// carry, which the `.cc` forms write and `addc`, `subc` and `madc` take in. As on hardware, a
/// difference is the sum with the complement: its carry is 1 where nothing was borrowed, and who
/// writes `addc` behind `sub.cc` sees that. nvcc's division of 128 bits does.
final class CarryOps {
  private CarryOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("addc", (o, m) -> decode(o, m, "add", true));
    all.put("subc", (o, m) -> decode(o, m, "sub", true));
    all.put("madc", (o, m) -> decode(o, m, "mad", true));
  }

  /// @param base `add`, `sub` or `mad`
  /// @param in whether the carry takes part
  static Op decode(Operands o, Mods m, String base, boolean in) {
    boolean out = m.take("cc");
    boolean product = base.equals("mad");
    boolean high = product && m.either("hi", "lo");
    Type type = m.type();
    if (type.floating() || type.bytes < 4) {
      throw m.error("wanted 32 or 64 bits");
    }
    o.count(product ? 4 : 3);
    Scalar.Lane first =
        product ? (high ? ArithmeticOps.high(m, type) : (a, b, _) -> a * b) : (a, _, _) -> a;
    Ref d = o.ref(0, type);
    Ref a = o.ref(1, type);
    Ref b = o.ref(2, type);
    Ref c = product ? o.ref(3, type) : b;
    int top = type.bits() - 1;
    boolean minus = base.equals("sub");
    return Scalar.each(
        (w, k) -> {
          long x = first.apply(a.get(w, k), b.get(w, k), 0);
          long y = minus ? ~c.get(w, k) : c.get(w, k);
          long sum = x + y + (in ? w.carry >>> k & 1 : minus ? 1 : 0);
          if (out) {
            long over = (x & y) | ((x | y) & ~sum);
            set(w, k, (int) (over >>> top) & 1);
          }
          d.set(w, k, sum);
        });
  }

  private static void set(Warp w, int lane, int bit) {
    w.carry = (w.carry & ~(1 << lane)) | bit << lane;
  }
}
